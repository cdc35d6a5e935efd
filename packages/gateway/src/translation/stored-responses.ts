import type { ChatEvent } from '../canonical/chat-event.ts';
import type { ChatRequest } from '../canonical/conversation.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { writeExact } from '../framing/exact-json.ts';
import type { AnswerKeeping, AnswerReferences, KeptItem } from '../protocols/answer-keeping.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { AnswerContext, ChatFacts, Protocol, StreamEncoder } from '../protocols/protocol.ts';
import type { ResponseStore } from '../stores/response-store.ts';
import { noteOwnMembers } from './own-members.ts';
import { readBody, type Translation } from './translation.ts';

export interface StoredResponsesInput {
  readonly store: ResponseStore;
  /** False: nothing is kept, whatever callers want. */
  readonly isKept: boolean;
  /** Sixteen letters and digits, another each time. */
  readonly newId: () => string;
}

export interface ReadInput {
  /** How the caller's wire keeps answers. */
  readonly keeping: AnswerKeeping;
  /** The caller's wire. */
  readonly client: ProtocolName;
  /** The wire of the target; undefined: it is not asked. */
  readonly upstream: ProtocolName | undefined;
  readonly body: Buffer;
  /** What JSON.parse made of the body, where that was done before. */
  readonly parsed?: unknown;
  readonly facts: ChatFacts;
  /** Identity of whoever asks. */
  readonly owner: string;
}

/** A caller's request with everything in it that it referred to. */
export interface ReadRequest {
  readonly conversation: ChatRequest;
  /** The translation as it is to be used: its answer is kept where that is wanted. */
  readonly present: (translation: Translation) => Translation;
}

/**
 * Reads a whole request, with what was kept in the place of what it refers to, and keeps its answer for requests to
 * come. Throws GatewayError for what cannot be understood or is not there.
 */
export type StoredResponses = (input: ReadInput) => Promise<ReadRequest>;

export function createStoredResponses(input: StoredResponsesInput): StoredResponses {
  return (ask) => readKeeping(input, ask);
}

async function readKeeping(
  { isKept, newId, store }: StoredResponsesInput,
  { client, upstream, keeping, body, parsed, facts, owner }: ReadInput,
): Promise<ReadRequest> {
  const { decodeRequest } = findProtocol(client).client;
  const value = readBody(body, parsed);
  // First as it came, so that its faults are told by the places where they are.
  const asked = noteOwnMembers(decodeRequest(value, facts), value);
  const references = keeping.readReferences(value);
  const isOwnWire = client === upstream;
  const known = isOwnWire ? ownOf(references, keeping) : references;
  const recalled = await recall(known, { store, keeping, owner });
  const said = keeping.readInput(value, { recalled: recalled.items, idSeed: newId() });
  const input = [...recalled.conversation, ...said];
  const previous = known.previous === undefined ? references.previous : undefined;
  const hasReferences = known.previous !== undefined || known.items.length > 0;
  const conversation = hasReferences
    ? noteOwnMembers(decodeRequest(keeping.withInput(value, input, previous), facts), value)
    : asked;
  // A conversation of which a part lies with the upstream cannot be kept whole.
  const isWhole = previous === undefined && known.items.length === references.items.length;
  const isWanted = isKept && isWhole && keeping.isWanted(value);
  const keep = (answer: JsonObject): void => {
    const { id, items } = keeping.readAnswer(answer);
    store.put({ id, owner, response: writeExact(answer), input, output: items });
  };
  const echo = { store: isWanted, metadata: asked.metadata, previousResponseId: references.previous };
  return {
    // The gateway keeps the answer: an upstream of another wire is not asked to.
    conversation: isOwnWire ? conversation : { ...conversation, store: undefined },
    present: (translation) => {
      if (!isWhole) return translation;
      const keeper = { echo, keep: isWanted ? keep : undefined };
      return { ...translation, client: keepingClient(translation.client, keeper) };
    },
  };
}

function ownOf({ previous, items }: AnswerReferences, { isOwnId }: AnswerKeeping): AnswerReferences {
  return {
    previous: previous !== undefined && isOwnId(previous) ? previous : undefined,
    items: items.filter(isOwnId),
  };
}

interface Recollection {
  /** Everything up to the end of the answer that the request goes on from. */
  readonly conversation: readonly KeptItem[];
  readonly items: ReadonlyMap<string, KeptItem>;
}

interface RecallContext {
  readonly store: ResponseStore;
  readonly keeping: AnswerKeeping;
  readonly owner: string;
}

/** Fetches what a request refers to. Throws GatewayError when it is not there. */
async function recall(
  { previous, items: ids }: AnswerReferences,
  { store, keeping, owner }: RecallContext,
): Promise<Recollection> {
  const answer = previous === undefined ? undefined : await store.get(owner, previous);
  if (previous !== undefined && answer === undefined) throw keeping.missingAnswer(previous);
  const found = ids.length === 0 ? [] : await store.items(owner, ids);
  const items = new Map(found.map((item) => [item.id, item]));
  const missing = ids.find((id) => !items.has(id));
  if (missing !== undefined) throw keeping.missingItem(missing);
  return { conversation: answer === undefined ? [] : [...answer.input, ...answer.output], items };
}

interface Keeper {
  /** What the answer says of the request, whatever was sent to the upstream. */
  readonly echo: Pick<ChatRequest, 'store' | 'metadata' | 'previousResponseId'>;
  /** Undefined: the answer is not to be kept. */
  readonly keep: ((answer: JsonObject) => void) | undefined;
}

/** The caller's wire, whose answers are kept as they are written. */
function keepingClient(protocol: Protocol, { echo, keep }: Keeper): Protocol {
  const { client } = protocol;
  const withEcho = (context: AnswerContext): AnswerContext => ({
    ...context,
    request: { ...context.request, ...echo },
  });
  return {
    ...protocol,
    client: {
      ...client,
      encodeAnswer(answer, context) {
        const body = client.encodeAnswer(keep ? { ...answer, id: undefined } : answer, withEcho(context));
        keep?.(readBody(body));
        return body;
      },
      createStreamEncoder(context) {
        const encoder = client.createStreamEncoder(withEcho(context));
        return keep ? new KeepingEncoder(encoder, keep) : encoder;
      },
    },
  };
}

/** Keeps a streamed answer when it has ended well. */
class KeepingEncoder implements StreamEncoder {
  readonly #encoder: StreamEncoder;
  readonly #keep: (answer: JsonObject) => void;

  constructor(encoder: StreamEncoder, keep: (answer: JsonObject) => void) {
    this.#encoder = encoder;
    this.#keep = keep;
  }

  push(event: ChatEvent): Buffer {
    if (event.type === 'delta') return this.#encoder.push(event);
    // What is kept here has an id of the gateway's, so that later requests are known to ask for it here.
    const bytes = this.#encoder.push(event.type === 'start' ? { ...event, id: undefined } : event);
    const { wholeAnswer } = this.#encoder;
    if (event.type === 'end' && wholeAnswer) this.#keep(wholeAnswer);
    return bytes;
  }
}
