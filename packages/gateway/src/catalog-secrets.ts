import type { Catalog } from './routing/catalog.ts';

/** What must not reach a caller in an upstream's words: its credentials, and where it is. */
export function secretsOf(catalog: Catalog): string[] {
  const secrets = new Set<string>();
  for (const target of catalog.targets.values()) {
    const { chat, credentialHeaders, operations, origin, probe, proxyHeaders = [] } = target;
    const lists = [credentialHeaders, proxyHeaders, operations.credentialHeaders, probe.headers ?? []];
    for (const list of [...lists, ...chat.map((endpoint) => endpoint.credentialHeaders)]) {
      for (let index = 0; index < list.length; index += 2) {
        // A version is a date, which any message may hold.
        if (!/-version$/i.test(list[index]!)) secrets.add(list[index + 1]!.replace(/^Bearer /i, ''));
      }
    }
    if (URL.canParse(origin)) secrets.add(new URL(origin).host);
  }
  // The longer first: one may hold another.
  return [...secrets].filter((secret) => secret.length >= 6).sort((left, right) => right.length - left.length);
}
