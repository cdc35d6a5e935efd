import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { noRecordings, recordingsFolder } from './recorded-exchanges.ts';
import { at } from './wires/wire-value.ts';

/** A recorded exchange of one of the six chat wires. */
export interface ChatRecording {
  /** Place among all of them: also the model's number under which it is asked for. */
  readonly id: number;
  /** The file's name without its endings. */
  readonly provider: string;
  readonly wire: ProtocolName;
  readonly source: string;
  /** Where its recorder kept it. */
  readonly file: string;
  readonly request: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly contentType: string;
  /** Headers that say more of an error than its body. */
  readonly errorHeaders: Readonly<Record<string, string>>;
  readonly reply: Buffer;
  /** Answers asked for. */
  readonly choices: number;
}

const errorHeaders: ReadonlySet<string> = new Set(['retry-after', 'x-amzn-errortype']);

const wires: Readonly<Record<string, ProtocolName>> = {
  chat_completions: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  gen: 'gemini',
  gen_stream: 'gemini',
  converse: 'bedrock-converse',
  converse_stream: 'bedrock-converse',
  cohere_v2_chat: 'cohere-chat',
};

const paths: Readonly<Record<ProtocolName, RegExp>> = {
  'openai-chat': /\/chat\/completions(\?|$)/,
  'openai-responses': /\/responses(\?|$)/,
  'anthropic-messages': /\/messages(\?|$)/,
  gemini: /:(generateContent|streamGenerateContent|rawPredict|streamRawPredict)/,
  'bedrock-converse': /\/converse(-stream)?$/,
  'cohere-chat': /\/v2\/chat$/,
};

/** All of them in the order of their files; empty when there are no recordings. */
export function readChatRecordings(): readonly ChatRecording[] {
  if (noRecordings !== undefined) return [];
  const found: ChatRecording[] = [];
  for (const name of readdirSync(recordingsFolder).sort()) {
    const provider = /^(.+)\.jsonl\.gz$/.exec(name)?.[1];
    if (provider === undefined) continue;
    const lines = gunzipSync(readFileSync(`${recordingsFolder}/${name}`))
      .toString('utf8')
      .split('\n');
    for (const line of lines) {
      const recording = line === '' ? undefined : decode(JSON.parse(line), provider, found.length);
      if (recording) found.push(recording);
    }
  }
  return found;
}

function decode(row: unknown, provider: string, id: number): ChatRecording | undefined {
  const wire = wireOf(row);
  const status = at(row, 'status');
  const reply = bytesOf(at(row, 'res'));
  // Nothing can be learned where the recorder kept no reply.
  if (wire === undefined || typeof status !== 'number' || reply.length === 0) return undefined;
  const entries = Object.entries((at(row, 'resH') ?? {}) as Record<string, unknown>);
  const headers = new Map(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
  const contentType = headers.get('content-type') ?? '';
  const request = bytesOf(at(row, 'req')).toString('utf8');
  const isArray = at(row, 'api') === 'gen_stream' && contentType.startsWith('application/json') && status < 400;
  return {
    id,
    provider,
    wire,
    source: String(at(row, 'src')),
    file: String(at(row, 'file')),
    request,
    status,
    isStream: isArray || (status < 400 && /event-?stream/i.test(contentType)),
    // The gateway asks for events, and what was recorded as an array is played as such.
    contentType: isArray ? 'text/event-stream' : contentType,
    errorHeaders: Object.fromEntries([...headers].filter(([name]) => errorHeaders.has(name))),
    reply: isArray ? asEvents(reply) : reply,
    choices: choicesOf(request),
  };
}

function wireOf(row: unknown): ProtocolName | undefined {
  const wire = wires[String(at(row, 'api'))];
  // Pictures, films, vectors and counted tokens are filed under the same names.
  if (wire !== undefined && !paths[wire].test(String(at(row, 'url')))) return undefined;
  // Claude on Vertex AI speaks its own wire.
  return wire === 'gemini' && /rawPredict/i.test(String(at(row, 'url'))) ? 'anthropic-messages' : wire;
}

function bytesOf(value: unknown): Buffer {
  const base64 = at(value, 'b64');
  return typeof base64 === 'string'
    ? Buffer.from(base64, 'base64')
    : Buffer.from(typeof value === 'string' ? value : '');
}

function asEvents(array: Buffer): Buffer {
  const value: unknown = JSON.parse(array.toString('utf8'));
  const answers = Array.isArray(value) ? value : [value];
  return Buffer.from(answers.map((answer) => `data: ${JSON.stringify(answer)}\n\n`).join(''));
}

function choicesOf(request: string): number {
  try {
    const body: unknown = JSON.parse(request);
    const asked = at(body, 'n') ?? at(body, 'generationConfig', 'candidateCount');
    return typeof asked === 'number' ? asked : 1;
  } catch {
    return 1;
  }
}
