import { afterAll, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { startBench } from './cell.ts';
import { closeConnections, type Json, send } from './wire-client.ts';

afterAll(closeConnections);

interface AskedAgain {
  readonly wire: ProtocolName;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A conversation in which another wire's model has answered once. */
  readonly body: Json;
  /** What of it the gateway knows nothing about. */
  readonly own: Json;
}

const carried = Buffer.from('{"gw-sig":"gw-sig:anthropic-messages:proof"}').toString('base64');

const asks: readonly AskedAgain[] = [
  {
    wire: 'anthropic-messages',
    path: '/v1/messages',
    headers: { 'anthropic-beta': 'context-management-2025-06-27', 'anthropic-version': '2023-06-01' },
    body: {
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [
        { role: 'user', content: 'Why?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'gw-sig:gemini:proof' },
            { type: 'text', text: 'So.' },
          ],
        },
        { role: 'user', content: 'And?' },
      ],
    },
    own: {
      inference_geo: 'us',
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      tools: [{ name: 'f', input_schema: { type: 'object' }, defer_loading: true }],
      output_config: { task_budget: { type: 'tokens', total: 20_000 } },
    },
  },
  {
    wire: 'bedrock-converse',
    path: '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    body: {
      messages: [
        { role: 'user', content: [{ text: 'Why?' }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'gw-sig:none' } } },
            { text: 'So.' },
          ],
        },
        { role: 'user', content: [{ text: 'And?' }] },
      ],
    },
    own: {
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      additionalModelRequestFields: { anthropic_beta: ['context-1m-2025-08-07'] },
    },
  },
  {
    wire: 'gemini',
    path: '/v1beta/models/gemini-2.5-pro:generateContent',
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'Why?' }] },
        { role: 'model', parts: [{ text: 'So.', thoughtSignature: carried }] },
        { role: 'user', parts: [{ text: 'And?' }] },
      ],
    },
    own: { cachedContent: 'cachedContents/1', generationConfig: { enableAffectiveDialog: true } },
  },
  {
    wire: 'openai-responses',
    path: '/v1/responses',
    body: {
      model: 'gpt-5',
      input: [
        { role: 'user', content: 'Why?' },
        { type: 'reasoning', summary: [], encrypted_content: 'gw-sig:gemini:proof' },
        { role: 'user', content: 'And?' },
      ],
    },
    own: {
      prompt: { id: 'pmpt_1' },
      conversation: 'conv_1',
      max_tool_calls: 3,
      truncation: 'auto',
      include: ['web_search_call.action.sources'],
    },
  },
  {
    wire: 'openai-chat',
    path: '/v1/chat/completions',
    body: {
      model: 'gpt-5',
      messages: [
        { role: 'user', content: 'Why?' },
        {
          role: 'assistant',
          content: 'So.',
          extra_content: { google: { thought_signature: 'gw-sig:gemini:proof' } },
        },
        { role: 'user', content: 'And?' },
      ],
    },
    own: { provider: { order: ['x'], seed: 12.5 }, moderation: { model: 'm' } },
  },
];

describe('a request that another wire has left its marks in', () => {
  it.each(asks)('keeps what only $wire knows when it is written anew for it', async (ask) => {
    const bench = await startBench(ask.wire);
    const { gateway, simulator, upstream } = bench;
    try {
      simulator.script([{ kind: 'answer', text: 'Well.' }]);
      const model = 'model' in ask.body ? { model: upstream.model } : {};
      const path = ask.path.replace(/(?<=\/models?\/)[^:/]+(?:%3A0)?/, encodeURIComponent(upstream.model));
      const sent = Buffer.from(JSON.stringify({ ...ask.body, ...model, ...ask.own }));
      const reply = await send(gateway.url + path, ask.headers ?? {}, sent);
      expect([reply.status, reply.status === 200 ? '' : String(reply.bytes)]).toEqual([200, '']);
      expect(reply.headers['x-gateway-dropped']).toBeUndefined();
      const [attempt] = simulator.attempts;
      const body = JSON.parse(String(attempt!.body)) as Json;
      expect(String(attempt!.body)).not.toContain('gw-sig');
      expect(body).toMatchObject(ask.own);
      expect(attempt!.headers).toMatchObject(ask.headers ?? {});
    } finally {
      await bench.stop();
    }
  });
});
