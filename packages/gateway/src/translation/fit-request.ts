import type { ChatRequest } from '../canonical/conversation.ts';
import { type Feature, featureNames, features, withoutFeature } from '../canonical/features.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { isNothing } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { protocols } from '../protocols/registry.gen.ts';
import { lostMembers } from './lost-members.ts';
import { isOwnKept } from './own-members.ts';

/** A request that an upstream's wire can say, and what had to go for it. */
export interface FittedRequest {
  readonly request: ChatRequest;
  /** Names of what was left out, as the caller's wire calls them. */
  readonly dropped: readonly string[];
}

/** What each wire has no words for, looked up once. */
const wanting: ReadonlyMap<ProtocolName, readonly Feature[]> = new Map(
  protocols.map(({ name, upstream: { support } }) => [
    name,
    featureNames.filter((feature) => support[feature] === 'dropped' || support[feature] === 'refused'),
  ]),
);

/**
 * Fits a request to the wire of an upstream: what is harmless to lose is left out, and told; for what would change the
 * question, throws GatewayError `invalid_request` that names the field.
 */
export function fitRequest(request: ChatRequest, client: Protocol, upstream: Protocol): FittedRequest {
  const isOwn = client.name === upstream.name;
  const { unknownMembers } = request;
  const essential = essentialMember(request);
  if (essential !== undefined && !isOwn) throw untranslatable(essential, client, upstream);
  const dropped = unknownMembers.filter((name) => !isOwn || !isOwnKept(request, name));
  if (!isOwn) dropped.push(...lostMembers(request, dropped));
  let fitted = request;
  for (const feature of wanting.get(upstream.name)!) {
    if (!features[feature].isUsed(fitted)) continue;
    const isDropped = upstream.upstream.support[feature] === 'dropped';
    const rest = isDropped ? withoutFeature(fitted, feature) : undefined;
    if (rest === undefined) throw inexpressible(feature, client, upstream);
    fitted = rest;
    dropped.push(nameOf(feature, client));
  }
  return { request: withSingleCalls(withoutForeignTools(fitted, { client, upstream, dropped }), upstream), dropped };
}

/** What a request has that only providers of its own wire know, and that is no part of it to leave out. */
export function essentialMember({ essentialMembers = [], ownMembers }: ChatRequest): string | undefined {
  return essentialMembers.find((name) => !isNothing(ownMembers?.get(name)));
}

/** Of several calls its callers would get the first: the model is asked for no more, where it can be. */
function withSingleCalls(request: ChatRequest, { upstream }: Protocol): ChatRequest {
  const { singleFunctionCalls, parallelToolCalls } = request;
  const isMeant = singleFunctionCalls === true && parallelToolCalls === undefined;
  return isMeant && upstream.support.parallelToolCalls === 'native'
    ? { ...request, parallelToolCalls: false }
    : request;
}

interface ToolsFitting {
  readonly client: Protocol;
  readonly upstream: Protocol;
  readonly dropped: string[];
}

/** Tools that a provider runs itself exist there only; a model without them answers all the same. */
function withoutForeignTools(request: ChatRequest, { client, upstream, dropped }: ToolsFitting): ChatRequest {
  const isForeign = (tool: ChatRequest['tools'][number]) => tool.type === 'builtin' && tool.origin !== upstream.name;
  if (!request.tools.some(isForeign)) return request;
  for (const tool of request.tools) if (isForeign(tool)) dropped.push(`tools.${tool.name}`);
  const tools = request.tools.filter((tool) => !isForeign(tool));
  const toolChoice = choiceAmong(tools, request.toolChoice);
  if (toolChoice === 'impossible') throw inexpressible('toolChoice', client, upstream);
  // A choice among no tools is an error on most wires.
  return { ...request, tools, toolChoice: tools.length === 0 ? undefined : toolChoice };
}

/** A choice among the tools that are left; impossible where one must be called of which there is none. */
function choiceAmong(tools: ChatRequest['tools'], choice: ChatRequest['toolChoice']): typeof choice | 'impossible' {
  const isLeft = (name: string) => tools.some((tool) => tool.name === name);
  switch (choice?.type) {
    case 'required':
      return tools.length === 0 ? 'impossible' : choice;
    case 'tool':
      return isLeft(choice.name) ? choice : 'impossible';
    case 'allowed': {
      const names = choice.names.filter(isLeft);
      if (names.length > 0) return { type: 'allowed', mode: choice.mode, names };
      return choice.mode === 'required' ? 'impossible' : { type: 'none' };
    }
    default:
      return choice;
  }
}

/** What the caller's wire calls a feature. */
export function nameOf(feature: Feature, client: Protocol): string {
  return client.client.fieldNames[feature] ?? feature;
}

/** What lies with the provider of the caller's wire, or only that can understand, is nothing that could be left out. */
function untranslatable(field: string, client: Protocol, upstream: Protocol): GatewayError {
  const message = `${field} cannot be passed on: the target for this model is asked over ${upstream.name}, and only providers of ${client.name} know what it stands for. Leave it out, or use another model.`;
  return new GatewayError('invalid_request', message, { param: field });
}

function inexpressible(feature: Feature, client: Protocol, upstream: Protocol): GatewayError {
  const field = nameOf(feature, client);
  const message = `${field} cannot be passed on: the target for this model is asked over ${upstream.name}, which has no words for it (${features[feature].title.toLowerCase()}). Leave it out, or use another model.`;
  return new GatewayError('invalid_request', message, { param: field });
}
