import type { ChatRecording } from './chat-recordings.ts';
import { keyOf, type Played } from './played-chats.ts';
import type { UpstreamAsked } from './played-upstream.ts';
import { readError, wordsOf } from './wires/read-error.ts';
import { readers } from './wires/readers.ts';

/** What becomes of a provider's error on its way to a client. */
export interface ErrorExpectation {
  readonly name: string;
  readonly status: number;
  /** The client reads the provider's own words: the fault is its own. */
  readonly isTold: boolean;
}

interface ErrorRule {
  readonly name: string;
  readonly fits: (recording: ChatRecording) => boolean;
  readonly status: number | 'kept';
  readonly isTold: boolean;
}

const keyWords = /api key|security token|signature expired|unregistered callers/i;

/** In order; the first that fits counts. Statuses are those of docs/errors.md. */
const rules: readonly ErrorRule[] = [
  { name: "the gateway's key is refused", fits: ({ status }) => status === 401, status: 502, isTold: false },
  {
    name: "the gateway's key is refused under another status",
    fits: ({ reply }) => keyWords.test(wordsOf(reply)),
    status: 502,
    isTold: false,
  },
  { name: "the gateway's rate is limited", fits: ({ status }) => status === 429, status: 429, isTold: false },
  {
    name: 'the content is refused',
    fits: ({ status, reply }) => status === 403 && reply.includes('usage guidelines'),
    status: 'kept',
    isTold: true,
  },
  { name: "the gateway's key may not use the model", fits: ({ status }) => status === 403, status: 404, isTold: false },
  {
    name: 'the request is at fault',
    fits: ({ status }) => status >= 400 && status < 500,
    status: 'kept',
    isTold: true,
  },
];

export function expectedError(recording: ChatRecording): ErrorExpectation | undefined {
  const rule = rules.find(({ fits }) => fits(recording));
  return rule && { ...rule, status: rule.status === 'kept' ? recording.status : rule.status };
}

/** The recorded error, which also quotes the key with which it was asked, as careless upstreams do. */
export function withKey({ reply }: ChatRecording, { authorization }: UpstreamAsked): Buffer {
  const words = wordsOf(reply);
  if (words === '') return reply;
  const written = JSON.stringify(words).slice(1, -1);
  return Buffer.from(reply.toString('utf8').replace(written, () => `${written} (${authorization})`));
}

export interface ErrorToJudge {
  readonly played: Played;
  readonly target: string;
  readonly upstreamUrl: string;
}

/** What is wrong with the reply to a recorded error. */
export function faultsOfError({ played, target, upstreamUrl }: ErrorToJudge): string[] {
  const { recording, client, status, headers, body } = played;
  const expected = expectedError(recording);
  if (!expected) return ['no rule says what is to become of it'];
  const { message, faults } = readError(client, { status, body });
  const found = [...faults];
  if (status !== expected.status) found.push(`status ${status} for ${expected.status}`);
  // Fragments of addresses are taken out with what else they may hold.
  const words = wordsOf(recording.reply).split('#', 1)[0]!;
  if (words !== '' && message.includes(words) !== expected.isTold) found.push(expected.isTold ? 'not told' : 'told');
  if (status === 429 && headers['retry-after'] === undefined) found.push('no Retry-After');
  if (body.includes(keyOf(target))) found.push('the key is told');
  if (body.includes(upstreamUrl.slice('http://'.length))) found.push('the address is told');
  return found;
}

/** What is wrong with the reply to an answer that failed under status 200: it must say so, and not end well. */
export function faultsOfFailedAnswer({ client, status, body, recording }: Played): string[] {
  // A whole answer of the client's own wire is its to judge.
  if (client === recording.wire && !recording.isStream && body.equals(recording.reply)) return [];
  if (status >= 400) return [...readError(client, { status, body }).faults];
  const reading = readers[client](body, recording.isStream);
  const found: string[] = [];
  if (reading.error === undefined) found.push('no error in the stream');
  if (reading.isWhole) found.push('a stream that seems whole');
  return found;
}
