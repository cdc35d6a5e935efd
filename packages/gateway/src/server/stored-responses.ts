import type { ServerResponse } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { KeptItem } from '../protocols/answer-keeping.ts';
import { matchClientPath } from '../protocols/match-client-path.ts';
import type { ResponseStore, StoredResponse } from '../stores/response-store.ts';
import { sendJson, sendText } from './pages.ts';

/** What is wanted of a response that was made before. */
export interface StoredMatch {
  readonly kind: 'stored';
  readonly action: 'read' | 'delete' | 'items' | 'cancel';
  readonly id: string;
  readonly query: string;
  /** Wire in which responses are made. */
  readonly protocol: ProtocolName;
}

/** A path of stored responses that does not have the method. */
export interface StoredRefusal {
  readonly allow: string;
}

const PATH = /^\/v1\/responses\/([\w-]{1,128})(\/input_items|\/cancel)?$/;
const { protocol } = matchClientPath('/v1/responses')!;

type Action = StoredMatch['action'];

/** What each path offers, by method. */
const actions: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  '': { GET: 'read', DELETE: 'delete' },
  '/input_items': { GET: 'items' },
  '/cancel': { POST: 'cancel' },
};

/** Finds the paths below `/v1/responses/`; undefined for what is none of them. */
export function matchStoredResponse(
  method: string,
  path: string,
  query: string,
): StoredMatch | StoredRefusal | undefined {
  const found = PATH.exec(path);
  if (found === null) return undefined;
  const [, id = '', tail = ''] = found;
  const offered = actions[tail] ?? {};
  const action = Object.hasOwn(offered, method) ? offered[method] : undefined;
  if (action === undefined) return { allow: Object.keys(offered).join(', ') };
  return { kind: 'stored', action, id, query, protocol };
}

export interface StoredRequest {
  readonly match: StoredMatch;
  /** Identity of whoever asks: what others made is not there for it. */
  readonly owner: string;
  /** Headers on every reply. */
  readonly headers: readonly string[];
}

/** Serves what was made before from the store. Throws GatewayError. */
export async function serveStoredResponse(
  store: ResponseStore,
  { match, owner, headers }: StoredRequest,
  response: ServerResponse,
): Promise<void> {
  const { action, id, query } = match;
  if (action === 'delete') {
    if (!(await store.delete(owner, id))) throw notFound(id);
    sendJson(response, 200, { id, object: 'response', deleted: true }, headers);
    return;
  }
  const stored = await store.get(owner, id);
  if (stored === undefined) throw notFound(id);
  if (action === 'cancel') {
    const message = 'Cannot cancel a synchronous response: only those made with `background: true` can be cancelled.';
    throw new GatewayError('invalid_request', message);
  }
  const text = action === 'read' ? stored.response : listItems(stored, new URLSearchParams(query));
  sendText(response, 'application/json', text, headers);
}

function notFound(id: string): GatewayError {
  return new GatewayError('not_found', `Response with id '${id}' not found.`);
}

const USUAL_ITEMS = 20;
const MOST_ITEMS = 100;

/** One page of the conversation before a response: the newest items first, unless asked otherwise. */
function listItems({ input }: StoredResponse, query: URLSearchParams): string {
  const items = query.get('order') === 'asc' ? input : input.toReversed();
  const after = query.get('after');
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) {
    throw new GatewayError('invalid_request', 'after must be the id of an item of this list.', { param: 'after' });
  }
  const page = items.slice(start, start + readLimit(query.get('limit')));
  return listText(page, start + page.length < items.length);
}

function readLimit(text: string | null): number {
  if (text === null) return USUAL_ITEMS;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST_ITEMS) return limit;
  throw new GatewayError('invalid_request', `limit must be a whole number from 1 to ${MOST_ITEMS}.`, {
    param: 'limit',
  });
}

/** Put together by hand: the items are JSON already. */
function listText(page: readonly KeptItem[], hasMore: boolean): string {
  const idAt = (index: number) => JSON.stringify(page.at(index)?.id ?? null);
  const data = page.map(({ json }) => json).join(',');
  return `{"object":"list","data":[${data}],"first_id":${idAt(0)},"last_id":${idAt(-1)},"has_more":${hasMore}}`;
}
