import type { Capabilities, Capability, ModelFacts } from './model-facts.ts';

/**
 * What the price library does not tell: output limits and capabilities, and windows where it is mistaken or silent.
 * Above each row is the page that it was read from; what no page says is left out. Rows without a page have the
 * capabilities that the provider's own answers have shown.
 */
type Row = readonly [
  providers: readonly string[],
  /** Without date and release, with `-` for `.`. */
  models: string,
  window: number | undefined,
  output: number | undefined,
  capabilities: Capabilities,
];

/** Capabilities by their names; after `no` come those that it does not have. */
function can(names: string): Capabilities {
  const words = names.split(' ').filter(Boolean);
  const no = words.indexOf('no');
  const entries = words.map((word, index) => [word as Capability, no === -1 || index < no] as const);
  return Object.fromEntries(entries.filter((_entry, index) => index !== no));
}

const million = 1_000_000;
const unknown = undefined;

const anthropic = ['anthropic', 'bedrock', 'vertex'];

// Pictures and tools: https://platform.claude.com/docs/en/models
// PDF: https://platform.claude.com/docs/en/build-with-claude/pdf-support
const claude = can('tools vision documents reasoning streaming no audio');
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs
// https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/partner-models/claude/structured-outputs (4.7)
const claudeStructured: Capabilities = { ...claude, structuredOutput: true };
const claude3 = can('tools streaming no audio');

const anthropicRows: readonly Row[] = [
  // https://platform.claude.com/docs/en/models/haiku-5-5/overview, with a table of them all
  [anthropic, 'claude-fable-5-1 claude-opus-5-5 claude-sonnet-5-5 claude-haiku-5-5', million, 128_000, claude],
  // https://platform.claude.com/docs/en/about-claude/models/overview
  [anthropic, 'claude-fable-5 claude-opus-5 claude-sonnet-5', million, 128_000, claude],
  // https://platform.claude.com/docs/en/models/opus-4-8/overview
  [anthropic, 'claude-opus-4-8', million, 128_000, claude],
  // https://platform.claude.com/docs/en/models/opus-4-6/overview, https://platform.claude.com/docs/en/models/sonnet-4-6/overview
  // https://github.com/Effect-TS/effect/releases/tag/@effect%2Fai-anthropic@4.0.0-beta.106 (4.7)
  [anthropic, 'claude-opus-4-7 claude-opus-4-6 claude-sonnet-4-6', million, 128_000, claudeStructured],
  // https://platform.claude.com/docs/en/models/opus-4-5/overview; the same for sonnet-4-5 and haiku-4-5
  [anthropic, 'claude-opus-4-5 claude-sonnet-4-5 claude-haiku-4-5', 200_000, 64_000, claudeStructured],
  // https://docs.claude.com/en/docs/about-claude/models/overview, by way of
  // https://github.com/BerriAI/litellm/issues/14785 and https://github.com/labring/fastgpt-plugin/pull/242
  [anthropic, 'claude-opus-4-1 claude-opus-4-0 claude-opus-4', 200_000, 32_000, claude],
  // https://github.com/labring/fastgpt-plugin/pull/242
  // https://github.com/BerriAI/litellm/issues/8984 (the provider's own words for 3.7)
  [anthropic, 'claude-sonnet-4-0 claude-sonnet-4 claude-3-7-sonnet', 200_000, 64_000, claude],
  // https://docs.anthropic.com/en/docs/about-claude/models, by way of
  // https://github.com/avante-corp/avante.nvim/pull/1761 and https://github.com/dust-tt/dust/pull/8627
  [anthropic, 'claude-3-5-sonnet claude-3-5-haiku', 200_000, 8_192, claude3],
  // The provider's own words: https://github.com/anthropics/claude-code/issues/11302 (opus),
  // https://github.com/continuedev/continue/issues/4225 (haiku)
  [anthropic, 'claude-3-opus claude-3-haiku', 200_000, 4_096, claude3],
];

const gemini = ['gemini', 'vertex'];
const everything = can('tools vision audio documents reasoning structuredOutput streaming');
const gemini2 = can('tools vision audio structuredOutput streaming');

const geminiRows: readonly Row[] = [
  // https://ai.google.dev/gemini-api/docs/models/gemini-3.5-flash, https://ai.google.dev/gemini-api/docs/models/gemini-3-pro-preview
  // https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/3-flash
  [gemini, 'gemini-3-5-flash gemini-3-pro gemini-3-flash', 1_048_576, 65_536, everything],
  // https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/2-5-pro
  // https://vercel.com/ai-gateway/models/gemini-2.5-flash.md
  [gemini, 'gemini-2-5-pro gemini-2-5-flash', 1_048_576, 65_535, everything],
  // https://ai.google.dev/gemini-api/docs/models/gemini-2.0-flash (it thinks as an experiment only)
  [['gemini'], 'gemini-2-0-flash', 1_048_576, 8_192, gemini2],
  // https://ai.google.dev/gemini-api/docs/models/gemini-2.0-flash-lite
  [['gemini'], 'gemini-2-0-flash-lite', 1_048_576, 8_192, { ...gemini2, reasoning: false }],
];

const openai = ['openai', 'azure-openai'];
const thinking = can('tools vision reasoning streaming');
const thinkingStructured: Capabilities = { ...thinking, structuredOutput: true };
const gpt4o = can('tools vision documents structuredOutput streaming');

const openaiRows: readonly Row[] = [
  // https://docs.litellm.ai/blog/gpt_6_sol_luna, https://docs.oxen.ai/inference-api/reference/models/gpt-6-luna.md
  [openai, 'gpt-6-sol gpt-6-luna', 1_050_000, 128_000, thinkingStructured],
  // https://docs.rs/crate/llmr/latest/source/models/openai.toml (read off the provider's pages)
  // https://developer.box.com/guides/box-ai/ai-models/openai-gpt-5-6-luna-model-card
  [openai, 'gpt-5-6-sol gpt-5-6-luna', 1_050_000, 128_000, thinkingStructured],
  // https://openrouter.ai/openai/gpt-5.4-pro/api, https://wavespeed.ai/pt/llm/openai/gpt-5.4
  [openai, 'gpt-5-4 gpt-5-4-pro', 1_050_000, 128_000, thinking],
  // https://blog.promptlayer.com/gpt-5-api-features-our-breakdown, https://github.com/labring/fastgpt-plugin/pull/297 (5.1)
  [openai, 'gpt-5 gpt-5-mini gpt-5-nano gpt-5-1', 400_000, 128_000, thinkingStructured],
  // https://unpkg.com/@lobehub/chat@1.94.11/src/config/aiModels/azure.ts
  [openai, 'o3 o4-mini', 200_000, 100_000, thinking],
  // https://unpkg.com/@lobehub/chat@1.94.11/src/config/aiModels/azure.ts
  [openai, 'gpt-4-1', 1_047_576, 32_768, can('tools vision streaming')],
  // https://developer.puter.com/ai/openai/gpt-4o; the window from https://platform.openai.com/docs/models/gpt-4o
  [openai, 'gpt-4o', 128_000, 16_384, gpt4o],
  [openai, 'gpt-4o-mini', unknown, unknown, gpt4o],
];

const grok: Capabilities = { ...thinking, audio: false };
const grokStructured: Capabilities = { ...thinkingStructured, audio: false };

const otherRows: readonly Row[] = [
  // https://openrouter.ai/mistralai/mistral-medium-3-5/api, https://vercel.com/ai-gateway/models/mistral-medium-3.5/about
  [['mistral'], 'mistral-medium-3-5', 262_144, unknown, thinkingStructured],
  // https://huggingface.co/mistralai/Mistral-Large-3-675B-Instruct-2512, https://vercel.com/ai-gateway/models/mistral-large-3.md
  [['mistral'], 'mistral-large-2512', 262_144, unknown, can('tools vision structuredOutput streaming')],
  [['mistral'], 'mistral-small-latest', unknown, unknown, thinkingStructured],
  // https://docs.cohere.com/docs/command-a-reasoning
  [['cohere'], 'command-a-reasoning', 256_000, 32_000, can('tools reasoning structuredOutput streaming')],
  // https://vercel.com/ai-gateway/models/command-a
  [['cohere'], 'command-a', 256_000, unknown, can('tools structuredOutput streaming')],
  // https://developer.puter.com/ai/cohere/command-r-08-2024
  [['cohere'], 'command-r-08-2024', 128_000, 4_000, can('tools streaming')],
  // https://runware.ai/models/deepseek-v4-flash
  // https://docs.apiyi.com/en/api-capabilities/deepseek-v4-flash/chat-completions.md
  [['deepseek'], 'deepseek-v4-flash', million, 384_000, can('tools reasoning streaming no vision audio documents')],
  // https://apidog.com/de/blog/how-to-use-deepseek-v4-api/
  [['deepseek'], 'deepseek-v4-pro', million, unknown, can('tools reasoning streaming')],
  // https://docs.apiyi.com/models/grok-4-5.md, https://docs.apiyi.com/ru/models/grok-4-6.md
  [['xai'], 'grok-4-5 grok-4-6', 500_000, unknown, grok],
  // https://docs.x.ai/developers/models/grok-4.20-0309.md
  [['xai'], 'grok-4-20 grok-4-20-reasoning', million, unknown, grokStructured],
  // https://www.openrouter.ai/x-ai/grok-4
  [['xai'], 'grok-4', 256_000, unknown, grokStructured],
  // https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/llama/llama3-3
  [['vertex'], 'llama-3-3-70b-instruct-maas', 128_000, 8_192, can('streaming no vision audio')],
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-card-meta-llama-3-1-70b-instruct.html
  [['bedrock'], 'llama3-1-70b-instruct', 128_000, unknown, can('tools no audio')],
  [['groq'], 'llama-3-3-70b-versatile llama-3-1-8b-instant', unknown, unknown, can('tools streaming')],
];

/** By provider, then by a model's name. */
export const modelOverlay: ReadonlyMap<string, ReadonlyMap<string, ModelFacts>> = indexOf([
  ...anthropicRows,
  ...geminiRows,
  ...openaiRows,
  ...otherRows,
]);

function indexOf(rows: readonly Row[]): ReadonlyMap<string, ReadonlyMap<string, ModelFacts>> {
  const byProvider = new Map<string, Map<string, ModelFacts>>();
  for (const [providers, models, contextWindow, maxOutputTokens, capabilities] of rows) {
    const facts: ModelFacts = {
      ...(contextWindow !== undefined && { contextWindow }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      capabilities,
    };
    for (const provider of providers) {
      const known = byProvider.get(provider) ?? new Map<string, ModelFacts>();
      byProvider.set(provider, known);
      for (const model of models.split(' ')) known.set(model, facts);
    }
  }
  return byProvider;
}
