import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { Exchange } from '../../exchange.ts';
import type { InboundBody } from '../../inbound-body.ts';
import type { AdminAccess } from '../../policies/admin-access.ts';
import { endReply } from '../end-reply.ts';
import { sendJson, sendText } from '../pages.ts';
import { type AdminCaller, findAdminCaller } from './admin-caller.ts';
import type { AdminMatch } from './admin-match.ts';
import { type AdminCall, type AdminRoute, type AdminSource, defineAdminRoute } from './admin-route.ts';
import { auditRoutes } from './audit-routes.ts';
import { budgetRoutes } from './budget-routes.ts';
import { checkInput } from './check-input.ts';
import { invalidField } from './invalid-field.ts';
import { keyRoutes } from './key-routes.ts';
import { logRoutes } from './log-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { namespaceRoutes } from './namespace-routes.ts';
import { noteRefusal } from './note-refusal.ts';
import { openApiDocument } from './openapi-document.ts';
import { overviewRoutes } from './overview-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import { createReferencePage, type ReferencePage } from './reference-page.ts';
import { hasRepeatedMember } from './repeated-member.ts';

export interface AdminServerInput extends Omit<AdminSource, 'record'> {
  /** Undefined: none is kept, and there is nothing to administer. */
  readonly record: AdminSource['record'] | undefined;
  readonly access: AdminAccess;
  /** Whether there is an operators' key; without one, nothing of this is there. */
  readonly isOpen: () => boolean;
}

/** Where the reference is: for everybody, because it says nothing about this gateway. */
export const referencePath = '/admin/reference';

export interface AdminRequest {
  readonly match: AdminMatch;
  readonly exchange: Pick<Exchange, 'id' | 'method' | 'headers' | 'clientAddress'>;
  readonly body: InboundBody;
  /** Headers of every reply. */
  readonly headers: readonly string[];
}

/** Serves a call of the admin API. Throws GatewayError. */
export type ServeAdmin = (request: AdminRequest, response: ServerResponse) => Promise<void>;

const MAX_BODY_BYTES = 65_536;
const MAX_ID_LENGTH = 128;

const documentRoute = defineAdminRoute({
  method: 'GET',
  path: '/admin/openapi.json',
  summary: 'Describe this API',
  tag: 'gateway',
  allows: ['read', 'tenant'],
  status: 200,
  reply: z.record(z.string(), z.unknown()),
  handle: async ({ source }) => openApiDocument(adminRoutes, source.version),
});

/** Every route of the admin API. */
export const adminRoutes: readonly AdminRoute[] = [
  ...providerRoutes,
  ...modelRoutes,
  ...keyRoutes,
  ...namespaceRoutes,
  ...logRoutes,
  ...budgetRoutes,
  ...auditRoutes,
  ...overviewRoutes,
  documentRoute,
];

/** What administers keys, providers, models, tenants and budgets over HTTP. */
export function createAdminServer(input: AdminServerInput): ServeAdmin {
  const { record, access, isOpen, version, wallNow } = input;
  let reference: ReferencePage | undefined;
  return async function serveAdmin({ body, exchange, headers, match }, response) {
    if (match.path === referencePath && isOpen()) {
      reference ??= createReferencePage(openApiDocument(adminRoutes, version));
      sendReference(reference, exchange.method, response, headers);
      return;
    }
    const refuse = (error: unknown, caller?: AdminCaller): never => {
      noteRefusal(record, { exchange, path: match.path, error, caller });
      throw error;
    };
    let known: AdminCaller | undefined;
    const onKnown = (caller: AdminCaller): void => {
      known = caller;
    };
    const asked = { access, exchange, record, now: wallNow(), onKnown };
    const caller = await findAdminCaller(asked).catch((error: unknown) => refuse(error, known));
    if (record === undefined) throw noRecord();
    const { id, route } = findRoute(exchange.method, match.path);
    if (caller.role !== 'all' && !route.allows.includes(caller.role)) {
      refuse(new GatewayError('forbidden', `This key may not do this: ${route.summary.toLowerCase()}.`), caller);
    }
    const call = {
      source: { ...input, record },
      caller,
      id,
      query: route.query && checkInput(route.query, queryOf(match.query)),
      body: route.body && checkInput(route.body, await readBody(body, route.isBodyOptional === true)),
      audit: auditOf(record, caller, exchange),
    };
    const result = await route.handle(call).catch((error: unknown) => {
      // Who may call a route may not everything there: a tenant's key asks for what is of another one.
      if (error instanceof GatewayError && error.kind === 'forbidden') refuse(error, caller);
      throw error;
    });
    const told = route.method === 'GET' ? headers : [...headers, ...unreadHeader(record)];
    if (route.status === 204) {
      response.writeHead(204, [...told]);
      endReply(response, undefined);
      return;
    }
    sendJson(response, route.status, result, told);
  };
}

function auditOf(
  { audit }: AdminSource['record'],
  { actor }: AdminCaller,
  { clientAddress, id }: AdminRequest['exchange'],
): AdminCall<unknown, unknown>['audit'] {
  return (entry) => audit.keep({ ...entry, actor, outcome: 'success', requestId: id, address: clientAddress });
}

/** What is written is told as written, even where it is not in force yet. */
function unreadHeader({ unread }: Pick<AdminSource['record'], 'unread'>): readonly string[] {
  return unread.length === 0 ? [] : ['x-gateway-unread', unread.join(', ')];
}

function sendReference(
  { contentSecurityPolicy, html }: ReferencePage,
  method: string,
  response: ServerResponse,
  headers: readonly string[],
): void {
  if (method !== 'GET' && method !== 'HEAD') throw wrongMethod('GET, HEAD');
  const policy = 'content-security-policy';
  // One policy, not two: a browser keeps to all that it is sent.
  const others = headers.filter((_, index) => headers[index - (index % 2)]!.toLowerCase() !== policy);
  sendText(response, 'text/html; charset=utf-8', html, [...others, policy, contentSecurityPolicy]);
}

function wrongMethod(allow: string): GatewayError {
  return new GatewayError('method_not_allowed', `Use ${allow} here.`, { headers: { allow } });
}

function findRoute(method: string, path: string): { readonly route: AdminRoute; readonly id: string } {
  const wanted = path.replace(/\/$/, '').split('/');
  const asked = method === 'HEAD' ? 'GET' : method;
  const methods: string[] = [];
  for (const route of adminRoutes) {
    const parts = route.path.split('/');
    const isSame = parts.length === wanted.length && parts.every((part, at) => part === '{id}' || part === wanted[at]);
    if (!isSame) continue;
    if (route.method !== asked) methods.push(route.method);
    else return { route, id: readId(wanted[parts.indexOf('{id}')]) };
  }
  if (methods.length === 0) {
    throw new GatewayError('not_found', 'There is no such path of the admin API. GET /admin/openapi.json lists them.');
  }
  throw wrongMethod(methods.join(', '));
}

function readId(segment: string | undefined): string {
  if (segment === undefined) return '';
  try {
    const id = decodeURIComponent(segment);
    if (id.length > 0 && id.length <= MAX_ID_LENGTH && !/\p{Cc}/u.test(id)) return id;
  } catch {
    // It is told below.
  }
  throw new GatewayError('bad_path', 'The id in the path is empty, too long or badly encoded.');
}

/** What is given twice would be heeded once, and not the one that was meant. */
function queryOf(query: string): Readonly<Record<string, string>> {
  const given = new URLSearchParams(query);
  const repeated = [...given.keys()].find((name, index, names) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw invalidField(repeated.slice(0, 100), 'must be given once');
  return Object.fromEntries(given);
}

async function readWhole(body: InboundBody): Promise<Buffer> {
  try {
    return await body.readAll(MAX_BODY_BYTES);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind !== 'payload_too_large') throw error;
    throw new GatewayError('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes. Send less.`);
  }
}

async function readBody(body: InboundBody, isOptional: boolean): Promise<unknown> {
  const text = (await readWhole(body)).toString('utf8');
  if (isOptional && text.trim() === '') return {};
  // A database keeps something else in its place, and many readers refuse a whole list for the sake of one.
  if (hasHalfPair(text)) {
    throw new GatewayError('invalid_json', 'The body has half of a surrogate pair, which is no character.');
  }
  const value = parse(text);
  if (hasRepeatedMember(text, value)) {
    throw new GatewayError('invalid_request', 'The body has a member twice in one object. Send it once.');
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError('invalid_json', 'The body is not valid JSON.');
  }
}

/** Whether JSON has a surrogate without its other half, which only an escape can name: whole pairs and backslashes go before. */
function hasHalfPair(json: string): boolean {
  return /\\u[dD][89a-fA-F]/.test(json.replace(/\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}/g, ' '));
}

function noRecord(): GatewayError {
  const message = 'Nothing is kept yet, because ADMIN_KEY was not set when the gateway started. Start it again.';
  return new GatewayError('store_unavailable', message);
}
