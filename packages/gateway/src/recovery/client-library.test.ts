import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { writeEvents } from '../../test/fuzz/wire-stream.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import {
  contextOf,
  eventsOf,
  framesOf,
  otherStart,
  type PartScript,
  played,
  relayed,
  resume,
} from './recovery.fixture.ts';

// A stream that two upstreams wrote is one answer to the libraries that read it.

const scripts: readonly PartScript[] = [
  { head: { type: 'reasoning' }, text: 'Let me see where that is.' },
  { head: { type: 'text' }, text: 'Grüß dich 👋, I look it up.' },
  { head: { type: 'tool-call', id: 'call_1', name: 'weather', kind: 'function' }, text: '{"city":"Köln"}' },
  { head: { type: 'tool-call', id: 'call_2', name: 'weather', kind: 'function' }, text: '{"city":"Ulm"}' },
];
const said = 'Grüß dich 👋, I look it up.';
const inputs = [{ city: 'Köln' }, { city: 'Ulm' }];

/** The stream after each event of which another attempt completed it. */
function* completed(name: ProtocolName): Generator<Buffer> {
  const protocol = findProtocol(name);
  const chunks = eventsOf(protocol, writeEvents(protocol, played(scripts), contextOf(protocol)));
  const frames = framesOf(findProtocol('gemini'), played(scripts, { begin: otherStart, size: 5 }));
  for (let count = 1; count < chunks.length; count++) {
    const sent = chunks.slice(0, count);
    const { output } = resume({ encoder: relayed(protocol, sent)!, protocol: findProtocol('gemini'), frames });
    yield Buffer.concat([...sent, output]);
  }
}

function fetchOf(bytes: Buffer) {
  return async () => new Response(new Uint8Array(bytes), { headers: { 'content-type': 'text/event-stream' } });
}

const openai = (bytes: Buffer) =>
  new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1:1/v1', fetch: fetchOf(bytes), maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Hi' }];

describe('a completed stream', () => {
  it('is an answer to OpenAI’s library on its chat wire', async () => {
    let count = 0;
    for (const bytes of completed('openai-chat')) {
      const answer = await openai(bytes).chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
      expect(answer.id).toBe('first-1');
      const { message, finish_reason } = answer.choices[0]!;
      expect(message.content).toBe(said);
      expect(
        message.tool_calls?.map((call) => call.type === 'function' && JSON.parse(call.function.arguments)),
      ).toEqual(inputs);
      expect(finish_reason).toBe('tool_calls');
      count++;
    }
    expect(count).toBeGreaterThan(10);
  });

  it('is an answer to OpenAI’s library on its responses wire', async () => {
    let count = 0;
    for (const bytes of completed('openai-responses')) {
      const answer = await openai(bytes).responses.stream({ model: 'm', input: 'Hi' }).finalResponse();
      expect(answer.output_text).toBe(said);
      const calls = answer.output.filter((item) => item.type === 'function_call');
      expect(calls.map((call) => JSON.parse(call.arguments) as unknown)).toEqual(inputs);
      expect(answer.status).toBe('completed');
      count++;
    }
    expect(count).toBeGreaterThan(10);
  });

  it('is an answer to Anthropic’s library', async () => {
    let count = 0;
    for (const bytes of completed('anthropic-messages')) {
      const client = new Anthropic({
        apiKey: 'k',
        baseURL: 'http://127.0.0.1:1',
        fetch: fetchOf(bytes),
        maxRetries: 0,
      });
      const answer = await client.messages.stream({ model: 'm', max_tokens: 9, messages }).finalMessage();
      expect(answer.id).toBe('first-1');
      expect(answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(said);
      expect(answer.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))).toEqual(inputs);
      expect(answer.stop_reason).toBe('tool_use');
      count++;
    }
    expect(count).toBeGreaterThan(10);
  });
});
