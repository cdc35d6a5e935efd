import { isObject, type JsonObject } from '../canonical/json.ts';

const LONGEST_REASON = 2_000;
/** Lists of faults name one for each field that is wrong. */
const MOST_FAULTS = 16;
/** An envelope around a list of faults, and an aggregator's around that. */
const DEEPEST = 6;

/** An upstream's own reason in the body of its refusal, whatever the shape of that; undefined: it gives none. */
export function upstreamReason(text: string): string | undefined {
  const value = parsed(text);
  const reason = value === undefined ? reasonInText(text) : reasonIn(value, 0);
  return reason?.slice(0, LONGEST_REASON);
}

/** The value of a JSON text; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Frameworks refuse bodies in plain words; a page for browsers, or JSON that breaks off, says nothing to a caller. */
function reasonInText(text: string): string | undefined {
  const words = text.trim();
  return words === '' || /^[<{[]/.test(words) ? undefined : words;
}

function reasonIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(value)) return reasonInList(value, depth + 1);
  return isObject(value) ? reasonInObject(value, depth + 1) : undefined;
}

function reasonInList(faults: readonly unknown[], depth: number): string | undefined {
  const reasons = faults.slice(0, MOST_FAULTS).map((fault) => reasonIn(fault, depth));
  return reasons.filter((reason) => reason !== undefined).join('; ') || undefined;
}

function reasonInObject(value: JsonObject, depth: number): string | undefined {
  const { error, message, detail, errors, msg, loc, base_resp: result } = value;
  if (typeof msg === 'string' && msg !== '') return [...placeIn(loc), msg].join(': ');
  const routed = isObject(error) ? routedReason(error) : undefined;
  if (routed !== undefined) return routed;
  for (const part of [error, message, value['Message'], detail, errors, isObject(result) ? result['status_msg'] : '']) {
    const reason = reasonIn(part, depth);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Which field a fault is about, as a path into the body. */
function placeIn(loc: unknown): readonly string[] {
  const place = Array.isArray(loc) ? loc.filter((part) => part !== 'body').join('.') : '';
  return place === '' ? [] : [place];
}

/** Who passes on what another provider said puts the words of that one beside its own. */
function routedReason({ message, metadata }: JsonObject): string | undefined {
  const raw = isObject(metadata) ? metadata['raw'] : undefined;
  if (typeof raw !== 'string' || raw === '') return undefined;
  const reason = reasonIn(parsed(raw), 0) ?? raw.slice(0, LONGEST_REASON);
  return typeof message === 'string' ? `${message}: ${reason}` : reason;
}
