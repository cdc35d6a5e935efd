/**
 * What differs between the models behind the one API. Converse takes the same request for all of them, yet what has no
 * place in it goes through `additionalModelRequestFields` to the model as it is, and each vendor has names of its own;
 * some models refuse what others take. The id tells: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
 */
export type ModelFamily = 'claude' | 'nova' | 'gpt-oss' | 'cohere' | 'mistral' | 'plain' | 'other' | 'unknown';

export interface Model {
  readonly family: ModelFamily;
  /** Of Claude and Nova: 4.5 as 405; Infinity where the id has none. */
  readonly version: number;
  /** Of Claude: thinks as it sees fit, and cannot be made to do otherwise. */
  readonly thinksAlways: boolean;
}

const families: readonly (readonly [ModelFamily, RegExp])[] = [
  ['claude', /\banthropic\.|claude/],
  ['nova', /\bamazon\.nova|\bnova-/],
  ['gpt-oss', /\bopenai\.|gpt-oss/],
  ['cohere', /\bcohere\./],
  ['mistral', /\bmistral\./],
  // Vendors whose models take none of what is told apart here, and no structured output either.
  ['plain', /\b(?:meta|ai21|writer|amazon)\./],
  ['other', /\b(?:deepseek|qwen|moonshotai|moonshot|minimax|zai|google|nvidia)\./],
];

/** `model` is an id or an ARN; of an ARN of one's own (an application's profile) nothing can be told. */
export function readModel(model: string | undefined): Model {
  const id = (model ?? '').toLowerCase();
  const family = families.find(([, pattern]) => pattern.test(id))?.[0] ?? 'unknown';
  const version = versionOf(id);
  return { family, version, thinksAlways: family === 'claude' && (version >= 505 || /mythos|fable/.test(id)) };
}

/** `claude-opus-4-1-2025…` is 401, `claude-3-5-sonnet` 305, `claude-sonnet-4-2025…` 400, `nova-lite-v1:0` 100. */
function versionOf(id: string): number {
  const found =
    /(?:claude-(?:[a-z]+-)?)(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(id) ?? /nova-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(id);
  if (!found) return id.includes('nova-') ? 100 : Number.POSITIVE_INFINITY;
  return Number(found[1]) * 100 + Number(found[2] ?? 0);
}

/** Of Claude: `thinking: {type: 'adaptive'}`. Those before Opus and Sonnet 4.6 know budgets only. */
export function canThinkAdaptively({ family, version }: Model): boolean {
  return family === 'claude' && version >= 406;
}

/** Of Claude: it thinks when nothing is said of it. */
export function thinksUnasked({ family, version }: Model): boolean {
  return family === 'claude' && version >= 500;
}

/** Of Claude: fixed budgets of thought and sampling parameters are refused with 400, from Opus 4.7 on. */
export function isSelfGoverned({ family, version }: Model): boolean {
  return family === 'claude' && version >= 407;
}

/**
 * Whether the model takes `outputConfig.textFormat` and `strict` tools: Claude from 4.5 on and most open models. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
 */
export function hasStructuredOutput({ family, version }: Model): boolean {
  if (family === 'claude') return version >= 405;
  return family !== 'nova' && family !== 'cohere' && family !== 'plain';
}

/** Whether the model takes cache points at all. */
export function hasCachePoints({ family }: Model): boolean {
  return family === 'claude' || family === 'nova' || family === 'unknown';
}

/**
 * Whether the model goes on with an assistant's turn at the end of the conversation. Claude does up to 4.5 ("What's new in
 * Claude 4.6"), Nova in its first version (docs.aws.amazon.com/nova/latest/userguide/invoke.html, "Messages API
 * overview"); of others nothing is said.
 */
export function takesPrefill({ family, version }: Model): boolean {
  return (family === 'claude' && version < 406) || (family === 'nova' && version < 200);
}
