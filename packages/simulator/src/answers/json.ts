/** A JSON object, as a body or a part of it. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at a place inside a body; empty when there is none. Google's wires take names in either case. */
export function objectAt(value: unknown, ...names: readonly string[]): Json {
  let place: unknown = value;
  for (const name of names) place = isRecord(place) ? fieldOf(place, name) : undefined;
  return isRecord(place) ? place : {};
}

/** A field by its name in camel case, or in snake case when it is written so. */
export function fieldOf(value: Json, name: string): unknown {
  return value[name] ?? value[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}
