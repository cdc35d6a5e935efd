import { Pool } from 'undici';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { startTestGateway } from '../harness/test-gateway.ts';
import type { ChatRecording } from './chat-recordings.ts';
import { playUpstream } from './played-upstream.ts';
import type { Asking } from './wires/asking.ts';
import { askingReaders } from './wires/asking-readers.ts';

/** A recorded request, read. */
export interface RecordedRequest {
  readonly recording: ChatRecording;
  readonly body: Record<string, unknown>;
  readonly asking: Asking;
}

/** What became of a recorded request at an upstream of another wire. */
export interface Translated {
  readonly from: RecordedRequest;
  readonly to: ProtocolName;
  /** The request that the upstream got; undefined when the gateway refused. */
  readonly body: unknown;
  readonly refusal: string;
}

export interface ChatAsker {
  readonly ask: (from: RecordedRequest, to: ProtocolName) => Promise<Translated>;
  readonly stop: () => Promise<void>;
}

/** Recorded requests that were answered, one for each question: hundreds of models were asked the same. */
export function distinctRequests(recordings: readonly ChatRecording[]): RecordedRequest[] {
  const found = new Map<string, RecordedRequest>();
  for (const recording of recordings) {
    const request = readRequest(recording);
    if (!request) continue;
    const key = `${recording.wire} ${JSON.stringify(questionOf(request.asking))}`;
    if (!found.has(key)) found.set(key, request);
  }
  return [...found.values()];
}

/** Without the words of the models, which differ each time. */
function questionOf(asking: Asking): Asking {
  const turns = asking.turns.map(({ role, items }) => ({
    role,
    items:
      role === 'assistant'
        ? items.map((item) => /^\w+: ?\w*/.exec(item)?.[0].replace(/^text: .*/, 'text') ?? '')
        : items,
  }));
  return { ...asking, turns };
}

export function readRequest(recording: ChatRecording): RecordedRequest | undefined {
  if (recording.status !== 200 || !recording.request.startsWith('{')) return undefined;
  try {
    const body = JSON.parse(recording.request) as Record<string, unknown>;
    return { recording, body, asking: askingReaders[recording.wire](body) };
  } catch {
    // Some recorders cut long requests short.
    return undefined;
  }
}

/** A gateway with a target of each wire, whose server keeps what it is asked. */
export async function startChatAsker(recordings: readonly ChatRecording[]): Promise<ChatAsker> {
  const heard = new Map<string, string>();
  const answers = new Map<string, ChatRecording>();
  for (const recording of recordings) {
    const key = `${recording.wire} ${recording.isStream}`;
    if (recording.status === 200 && !answers.has(key)) answers.set(key, recording);
  }
  const upstream = await playUpstream(({ id, path, body }, reply) => {
    const to = protocolNames.find((wire) => path.includes(`/at-${wire}/`))!;
    heard.set(`${to} ${id}`, body);
    const isStream = /stream/i.test(path) || /"stream":\s*true/.test(body);
    const answer = answers.get(`${to} ${isStream}`)!;
    reply.writeHead(200, { 'content-type': answer.contentType });
    reply.end(answer.reply);
  });
  const providers = protocolNames.map((wire) => [
    wire,
    { kind: 'openai_compatible', base_url: `${upstream.url}/at-${wire}`, api_key: 'sk-test', protocols: [wire] },
  ]);
  const gateway = await startTestGateway({
    config: { providers: Object.fromEntries(providers), resilience: { retry: { max_attempts: 1 } } },
  });
  const pool = new Pool(gateway.url, { connections: 8 });
  return {
    async ask(from, to) {
      const { id } = from.recording;
      const model = `${to}/rec-${id}`;
      const sent = await pool.request({ method: 'POST', ...askOf(from, model) });
      const reply = await sent.body.text();
      const body = heard.get(`${to} ${id}`);
      heard.delete(`${to} ${id}`);
      return { from, to, body: body === undefined ? undefined : JSON.parse(body), refusal: reply };
    },
    stop: async () => {
      await pool.close();
      await gateway.stop();
      upstream.close();
    },
  };
}

/** The recorded request to the gateway, whose model is another. */
function askOf({ recording: { wire, isStream }, body }: RecordedRequest, model: string) {
  const paths: Readonly<Record<ProtocolName, string>> = {
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
    'anthropic-messages': '/v1/messages',
    'cohere-chat': '/v2/chat',
    gemini: `/v1beta/models/${model}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    'bedrock-converse': `/model/${encodeURIComponent(model)}/${isStream ? 'converse-stream' : 'converse'}`,
  };
  const hasModelInPath = wire === 'gemini' || wire === 'bedrock-converse';
  return {
    path: paths[wire],
    body: JSON.stringify(hasModelInPath ? body : { ...body, model }),
    headers: { 'content-type': 'application/json' },
  };
}
