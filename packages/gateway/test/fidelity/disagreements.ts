import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { differences, expectedOf } from './agreement.ts';
import type { ChatRecording } from './chat-recordings.ts';
import type { Played } from './played-chats.ts';
import { readers } from './wires/readers.ts';
import type { Reading } from './wires/reading.ts';
import { textAt } from './wires/wire-value.ts';

/** What a client read that is not what was recorded. */
export interface Disagreement {
  readonly recording: ChatRecording;
  readonly client: ProtocolName;
  /** Names of what differs. */
  readonly about: readonly string[];
  readonly expected: Reading;
}

/** How a client's answer differs from the recorded one; undefined when it does not. */
export function disagreementOf(
  { recording, client, status, body }: Played,
  recorded: Reading,
): Disagreement | undefined {
  const expected = expectedOf(recorded, recording.wire, client);
  const about = status === 200 ? differencesIn(expected, { recording, client, body }) : [`status ${status}`];
  return about.length === 0 ? undefined : { recording, client, about, expected };
}

function differencesIn(
  expected: Reading,
  { recording, client, body }: Pick<Played, 'recording' | 'client' | 'body'>,
): string[] {
  try {
    return differences(expected, readers[client](body, recording.isStream));
  } catch (error) {
    return [`an answer that cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
}

interface KnownReason {
  readonly reason: string;
  readonly fits: (disagreement: Disagreement) => boolean;
}

/** Why some answers cannot agree, or do not yet; whatever has no reason here is a fault. */
const knownReasons: readonly KnownReason[] = [
  {
    reason:
      'The provider reports more tokens from its cache than tokens of input (Grok on Azure). Wires that count the two apart tell the larger number.',
    fits: ({ about, client, expected: { usage } }) =>
      isOnly(about, 'usage') && wiresThatCountApart.has(client) && usage !== undefined && usage.cached > usage.input,
  },
  {
    reason:
      'A spoken answer, for a caller whose wire has no sound and who could not have asked for it: what was said is left out with the sound.',
    fits: ({ about, recording, expected }) =>
      isOnly(about, 'text') && expected.text !== '' && transcriptOf(recording) === expected.text,
  },
  {
    reason:
      "The provider shows the calls of its own tools as if they were the caller's (xAI's search), and goes on to answer. Some wires say that the answer ended, others that a call waits.",
    fits: ({ about, recording, expected }) =>
      isOnly(about, 'finish') && expected.text !== '' && recording.reply.includes('"custom_tool_call"'),
  },
];

const wiresThatCountApart: ReadonlySet<ProtocolName> = new Set(['anthropic-messages', 'bedrock-converse']);

/** The known reason; undefined for a fault. */
export function reasonOf(disagreement: Disagreement): string | undefined {
  return knownReasons.find(({ fits }) => fits(disagreement))?.reason;
}

function isOnly(about: readonly string[], one: string): boolean {
  return about.length === 1 && about[0] === one;
}

function transcriptOf({ wire, isStream, reply }: ChatRecording): string | undefined {
  if (wire !== 'openai-chat' || isStream) return undefined;
  return textAt(JSON.parse(reply.toString('utf8')), 'choices', 0, 'message', 'audio', 'transcript');
}
