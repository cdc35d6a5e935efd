/** A map that forgets its oldest entry when it is full, so that names made up by callers cannot fill the memory. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** Longer keys are not kept: with them, a bound on entries would be no bound on memory. */
const maxKeyLength = 256;

export function createBoundedMap<Value>(maxEntries: number): BoundedMap<Value> {
  const entries = new Map<string, Value>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      if (key.length > maxKeyLength) return;
      if (entries.size >= maxEntries && !entries.has(key)) entries.delete(entries.keys().next().value!);
      entries.set(key, value);
    },
  };
}
