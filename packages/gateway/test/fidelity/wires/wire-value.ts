// A way into JSON of which nothing is known, for readers that share no code with the gateway.

/** What stands at a path of names and places; undefined where the path leads nowhere. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  return found ?? undefined;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function countAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** JSON text as a value; text that is no JSON stays text, none at all is an empty object. */
export function parsedArguments(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface WireEvent {
  readonly name: string;
  readonly data: unknown;
}

/** Server-sent events whose data is JSON; `[DONE]` comes as that text. */
export function sseEvents(body: Buffer): WireEvent[] {
  const events: WireEvent[] = [];
  for (const block of body.toString('utf8').split(/\r?\n\r?\n|\r\r/)) {
    let name = '';
    const data: string[] = [];
    for (const line of block.split(/\r\n|\r|\n/)) {
      if (line.startsWith('event:')) name = line.slice(6).trim();
      if (line.startsWith('data:')) data.push(line.slice(5).trim());
    }
    const text = data.join('\n');
    if (text !== '') events.push({ name, data: text === '[DONE]' ? text : JSON.parse(text) });
  }
  return events;
}

/** The messages of an AWS event stream, by their lengths alone, each with its `:event-type`. */
export function awsEvents(body: Buffer): WireEvent[] {
  const events: WireEvent[] = [];
  for (let start = 0; start < body.length; start += body.readUInt32BE(start)) {
    const end = start + body.readUInt32BE(start);
    const headersEnd = start + 12 + body.readUInt32BE(start + 4);
    const headers = new Map<string, string>();
    for (let place = start + 12; place < headersEnd; ) {
      const nameEnd = place + 1 + body.readUInt8(place);
      const valueStart = nameEnd + 3;
      const valueEnd = valueStart + body.readUInt16BE(nameEnd + 1);
      headers.set(body.toString('utf8', place + 1, nameEnd), body.toString('utf8', valueStart, valueEnd));
      place = valueEnd;
    }
    const name = headers.get(':event-type') ?? headers.get(':exception-type') ?? '';
    events.push({ name, data: JSON.parse(body.toString('utf8', headersEnd, end - 4)) });
  }
  return events;
}
