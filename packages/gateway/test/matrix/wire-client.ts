import { Agent, request } from 'node:http';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';

/** JSON whose members a reader asks for one by one. */
export type Json = Readonly<Record<string, unknown>>;

/** What a client wants, in no wire's words. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  readonly text: string;
  readonly system?: string;
  /** A PNG, in base64. */
  readonly image?: string;
  readonly tools?: readonly Tool[];
  readonly schema?: Json;
  readonly maxTokens?: number;
  readonly thinks?: boolean;
  /** What was answered to `text`, and what the caller says to that. */
  readonly next?: NextTurn;
  /** Members laid over the body. */
  readonly members?: Json;
  /** Put beside the text, in the wire's own words. */
  readonly parts?: readonly Json[];
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly schema: Json;
}

export interface NextTurn {
  readonly said: Said;
  readonly results?: readonly ToolResult[];
  readonly text?: string;
}

export interface ToolResult {
  readonly call: Call;
  readonly text: string;
}

export interface Call {
  /** Undefined where the wire gave none. */
  readonly id: string | undefined;
  readonly name: string;
  readonly input: unknown;
}

/** What a client read. */
export interface Said {
  readonly id: string;
  readonly model: string | undefined;
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly Call[];
  readonly finish: 'stop' | 'length' | 'calls';
  readonly usage: Counts;
  /** How many pieces the text came in; one when it came whole. */
  readonly pieces: number;
  /** The turn as the client sends it back, in its wire's own form. */
  readonly turn: unknown;
}

/** Tokens; `input` includes what came from the cache, `output` what was thought. */
export interface Counts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  /** Undefined where the wire does not tell. */
  readonly thought: number | undefined;
}

export interface ToldError {
  readonly message: string;
  /** The wire's word for the kind of error; undefined where it has none. */
  readonly type: string | undefined;
}

/** A stream that broke off. */
export interface BrokenStream extends ToldError {
  readonly text: string;
}

/** One wire, as a client speaks it that was written from the wire's documents and knows nothing of the gateway. */
export interface WireClient {
  readonly wire: ProtocolName;
  /** Whether it has a place for the proof of reasoning that another provider gave. */
  readonly keepsSignatures: boolean;
  readonly requestOf: (ask: Ask) => ClientRequest;
  /** These expect the shape of the wire, and throw the expectation that fails. */
  readonly readAnswer: (reply: Reply) => Said;
  readonly readStream: (reply: Reply) => Said;
  readonly readError: (reply: Reply) => ToldError;
  readonly readBrokenStream: (reply: Reply) => BrokenStream;
}

export interface ClientRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
}

/** Connections are kept, as by any client. */
const agent = new Agent({ keepAlive: true });

/** Sends bytes to an address and takes what comes back, unread. */
export function send(url: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } };
    const sent = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode: status = 0 } = incoming;
        const told = Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()]);
        resolve({ status, headers: Object.fromEntries(told), bytes: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Closes the connections that were kept. */
export function closeConnections(): void {
  agent.destroy();
}

export function parsed(bytes: Buffer): Json {
  return JSON.parse(bytes.toString('utf8')) as Json;
}

/** A member that is an object; an empty one when it is not there. */
export function at(value: Json | undefined, ...names: readonly string[]): Json {
  let found: Json = value ?? {};
  for (const name of names) found = (found[name] ?? {}) as Json;
  return found;
}

/** A member that is a list; an empty one when it is not there. */
export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** A number that the wire may leave out. */
export function countOrNone(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** An object without the members that are not set. */
export function compact(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
