/** What a caller asks of a model. `proxy` is any other path, forwarded as it came. */
export const operations = [
  'chat',
  'count_tokens',
  'completions',
  'embeddings',
  'responses',
  'images',
  'speech',
  'transcription',
  'moderation',
  'rerank',
  'proxy',
] as const;

export type Operation = (typeof operations)[number];
