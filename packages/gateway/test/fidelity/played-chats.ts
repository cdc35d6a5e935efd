import { Pool } from 'undici';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { startTestGateway } from '../harness/test-gateway.ts';
import type { ChatRecording } from './chat-recordings.ts';
import { asks } from './client-asks.ts';
import { playUpstream, type UpstreamAsked } from './played-upstream.ts';

/** What a client got for a recording. */
export interface Played {
  readonly recording: ChatRecording;
  readonly client: ProtocolName;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface ChatPlayer {
  /** Address of the server that plays, which no client may see. */
  readonly upstreamUrl: string;
  /** `target`: name of the target to ask; the one of the recording's wire when not given. */
  readonly play: (recording: ChatRecording, client: ProtocolName, target?: string) => Promise<Played>;
  readonly stop: () => Promise<void>;
}

export interface ChatPlayerOptions {
  readonly recordings: readonly ChatRecording[];
  /** Targets beside those named after the wires, each with the wire that it speaks. */
  readonly targets?: Readonly<Record<string, ProtocolName>>;
  /** The bytes that are played where they are not the recorded ones. */
  readonly replyOf?: (recording: ChatRecording, asked: UpstreamAsked) => Buffer;
}

/** Requests under way at a time. */
const atOnce = 8;

/** A gateway with a target for each wire, all of them one server that plays recordings. */
export async function startChatPlayer({ recordings, targets, replyOf }: ChatPlayerOptions): Promise<ChatPlayer> {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]));
  const upstream = await playUpstream((asked, reply) => {
    const recording = byId.get(asked.id)!;
    // Whatever encoding is left over in the recorded headers, the body is decoded.
    reply.writeHead(recording.status, { 'content-type': recording.contentType, ...recording.errorHeaders });
    reply.end(replyOf?.(recording, asked) ?? recording.reply);
  });
  const wires = { ...Object.fromEntries(protocolNames.map((wire) => [wire, wire])), ...targets };
  const gateway = await startTestGateway({ config: configOf(upstream.url, wires) });
  const pool = new Pool(gateway.url, { connections: atOnce });
  return {
    upstreamUrl: upstream.url,
    play: (recording, client, target = recording.wire) => play({ recording, client, target, pool }),
    stop: async () => {
      await pool.close();
      await gateway.stop();
      upstream.close();
    },
  };
}

/** The key of a target is a secret of its own, and so is its health. */
export function keyOf(target: string): string {
  return `sk-secret-of-${target}`;
}

function configOf(url: string, wires: Readonly<Record<string, ProtocolName>>): Record<string, unknown> {
  const providers = Object.entries(wires).map(([name, wire]) => [
    name,
    { kind: 'openai_compatible', base_url: `${url}/${name}`, api_key: keyOf(name), protocols: [wire] },
  ]);
  return { providers: Object.fromEntries(providers), resilience: { retry: { max_attempts: 1 } } };
}

interface PlayInput {
  readonly recording: ChatRecording;
  readonly client: ProtocolName;
  readonly target: string;
  readonly pool: Pool;
}

async function play({ recording, client, target, pool }: PlayInput): Promise<Played> {
  const { id, isStream, choices } = recording;
  const { path, body } = asks[client]({ model: `${target}/rec-${id}`, isStream, choices });
  const answer = await pool.request({ method: 'POST', path, body, headers: { 'content-type': 'application/json' } });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return { recording, client, status: answer.statusCode, headers: answer.headers, body: bytes };
}

/** Does something with each of many, a few at a time, in order of their beginning. */
export async function forEachAtOnce<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await use(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
