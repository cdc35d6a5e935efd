import type { ChatRequest, MediaPart, Part, Turn } from '../canonical/conversation.ts';
import type { Feature } from '../canonical/features.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** Fetches one address; throws an Error whose message completes "… cannot be used: it …". */
export type FetchMedia = (url: string) => Promise<{ readonly mediaType: string; readonly data: Buffer }>;

/** Addresses of one request that are fetched at most: each costs memory and somebody's bandwidth. */
const MOST_FETCHES = 20;
/** Bytes of one request's media in all. */
const MOST_BYTES = 64 * 1024 * 1024;

const featureOf: Readonly<Partial<Record<Part['type'], Feature>>> = {
  image: 'imageUrls',
  document: 'documentUrls',
  audio: 'audioUrls',
};

/** Whether a request holds media by address that its upstream takes only in the request itself. */
export function needsInlining(request: ChatRequest, upstream: Protocol): boolean {
  return request.turns.some(({ parts }) => parts.some((part) => partsOf(part).some((one) => isFetched(one, upstream))));
}

/** The request with those media fetched. Throws GatewayError `invalid_request` that names the part. */
export async function inlineMedia(request: ChatRequest, upstream: Protocol, fetch: FetchMedia): Promise<ChatRequest> {
  const wanted = request.turns
    .flatMap(({ parts }) => parts.flatMap(partsOf))
    .filter((part) => isFetched(part, upstream));
  if (wanted.length > MOST_FETCHES) {
    throw new GatewayError(
      'invalid_request',
      `The request holds ${wanted.length} addresses, and at most ${MOST_FETCHES} are fetched.`,
    );
  }
  const fetched = new Map<MediaPart, MediaPart>();
  let bytes = 0;
  for (const part of wanted) {
    const inline = await fetchPart(part, fetch);
    bytes += inline.bytes;
    if (bytes > MOST_BYTES) throw unusable(part, `makes the request larger than ${MOST_BYTES} bytes`);
    fetched.set(part, inline.part);
  }
  return { ...request, turns: request.turns.map((turn) => inlineTurn(turn, fetched)) };
}

async function fetchPart(part: MediaPart, fetch: FetchMedia): Promise<{ part: MediaPart; bytes: number }> {
  const { source } = part;
  if (source.kind !== 'url') throw new TypeError('not an address');
  try {
    const { mediaType, data } = await fetch(source.url);
    return {
      part: { ...part, source: { kind: 'data', mediaType, data: data.toString('base64') } },
      bytes: data.length,
    };
  } catch (error) {
    throw unusable(part, error instanceof Error ? error.message : 'could not be fetched');
  }
}

function unusable({ path, type }: MediaPart, reason: string): GatewayError {
  const name = path ?? type;
  return new GatewayError('invalid_request', `The address in ${name} cannot be used: it ${reason}.`, { param: name });
}

function inlineTurn(turn: Turn, fetched: ReadonlyMap<MediaPart, MediaPart>): Turn {
  const swap = <P extends Part>(part: P): P => (fetched.get(part as unknown as MediaPart) as P | undefined) ?? part;
  const parts = turn.parts.map((part) =>
    part.type === 'tool-result' ? { ...part, content: part.content.map(swap) } : swap(part),
  );
  return { ...turn, parts };
}

/** A part, or the parts within it. */
function partsOf(part: Part): readonly Part[] {
  return part.type === 'tool-result' ? part.content : [part];
}

function isFetched(part: Part, { upstream }: Protocol): part is MediaPart {
  const feature = featureOf[part.type];
  if (feature === undefined || upstream.support[feature] !== 'emulated' || !('source' in part)) return false;
  return part.source.kind === 'url' && /^https?:/i.test(part.source.url);
}
