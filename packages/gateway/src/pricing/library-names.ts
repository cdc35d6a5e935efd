/** How the price library calls a provider, by our name for it. */
const libraryNames: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  'azure-openai': 'azure',
  bedrock: 'aws',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepseek: 'deepseek',
  fireworks: 'fireworks',
  gemini: 'google',
  groq: 'groq',
  mistral: 'mistral',
  openai: 'openai',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  together: 'together',
  vertex: 'google',
  xai: 'x-ai',
};

/** Its models are resources with a path: `publishers/google/models/…`, `models/…`. */
const withPaths: ReadonlySet<string> = new Set(['gemini', 'vertex']);

/** Provider and model in the words of the price library; undefined where it has no list of that provider. */
export function libraryNameOf(
  provider: string,
  model: string,
): { readonly provider: string; readonly model: string } | undefined {
  const name = libraryNames[provider];
  if (name === undefined) return undefined;
  return { provider: name, model: withPaths.has(provider) ? model.slice(model.lastIndexOf('/') + 1) : model };
}
