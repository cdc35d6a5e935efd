/** What is asked about a cache of responses. This version has none, and every answer says so rather than counting zeros. */
const absence = { enabled: false, message: 'There is no response cache: every request is answered by a provider.' };

export const cachePages = {
  cache_clear: () => ({ ...absence, cleared: 0 }),
  cache_config: () => absence,
  cache_entries: () => ({ ...absence, entries: [] }),
  cache_stats: () => absence,
} as const;
