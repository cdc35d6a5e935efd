import { createHash } from 'node:crypto';

/** What an item is, as the ids of this wire tell it. */
export type ItemKind = 'msg' | 'rs' | 'fc' | 'ctc' | 'ig';

/** Mark of ids that the gateway made: no provider knows them. */
const MADE = '_gw';

/** Id of an item whose upstream gave none; another for each place in each answer. */
export function makeItemId(kind: ItemKind, exchangeId: string, outputIndex: number): string {
  return `${kind}${MADE}${exchangeId}_${outputIndex}`;
}

/** The id when a provider gave it. A provider that is asked for an id of the gateway's answers "not found". */
export function providerId(id: string | undefined): string | undefined {
  return id === undefined || id === '' || id.includes(MADE) ? undefined : id;
}

/** Whether the gateway made the id. */
export function isMadeId(id: string): boolean {
  return /^[a-z]+_gw/.test(id);
}

/** Whether a body names such an id. The few that may are looked at twice: most bodies have no such letters in them. */
export function namesMadeId(body: Buffer): boolean {
  return body.includes(MADE) && NAMED.test(body.toString('latin1'));
}

const NAMED = /"(?:id|previous_response_id)"\s*:\s*"[a-z]+_gw/;

/** Id of an item of a request whose caller gave it none. */
export function makeInputId(type: string, seed: string, index: number): string {
  return `${inputKinds.get(type) ?? 'in'}${MADE}${seed}i_${index}`;
}

const inputKinds: ReadonlyMap<string, ItemKind> = new Map([
  ['message', 'msg'],
  ['reasoning', 'rs'],
  ['function_call', 'fc'],
  ['custom_tool_call', 'ctc'],
]);

/** Id of the answer: the upstream's where it is one of this wire. */
export function responseId(id: string | undefined, exchangeId: string): string {
  return id?.startsWith('resp_') === true ? id : `resp${MADE}${exchangeId}`;
}

/**
 * OpenAI refuses a `call_id` and a `user` of more than 64 characters. Longer ones of other wires become their digest,
 * the same each time, so that calls and results still meet and one user stays one.
 */
export function boundedId(id: string): string {
  return id.length <= LONGEST ? id : createHash('sha256').update(id).digest('hex');
}

const LONGEST = 64;
