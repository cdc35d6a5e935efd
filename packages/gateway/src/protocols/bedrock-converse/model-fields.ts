import type { OutputFormat, ReasoningWish } from '../../canonical/conversation.ts';
import type { RequestFields } from '../request-fields.ts';

/** What requests say in `additionalModelRequestFields`, in the words of each vendor's models. */
export interface ModelWishes {
  readonly topK: number | undefined;
  readonly reasoning: ReasoningWish | undefined;
  readonly outputFormat: OutputFormat | undefined;
}

/** Reads the wishes of any vendor's words: no two of them mean different things by one name. */
export function readModelFields(
  fields: RequestFields | undefined,
  outputConfig: RequestFields | undefined,
): ModelWishes {
  const nova = fields?.object('inferenceConfig');
  const topK = fields?.number('top_k') ?? nova?.number('topK') ?? fields?.number('k');
  const reasoning = readReasoning(fields, outputConfig?.string('effort'));
  return { topK, reasoning, outputFormat: readOutputFormat(fields) };
}

/** The shape of the answer in Claude's own words, in which client libraries asked for it before Converse had any. */
function readOutputFormat(fields: RequestFields | undefined): OutputFormat | undefined {
  const format = fields?.object('output_config')?.object('format');
  if (format?.string('type') !== 'json_schema') return undefined;
  const schema = format.value('schema');
  return { type: 'json-schema', name: undefined, description: undefined, schema, strict: undefined };
}

function readReasoning(fields: RequestFields | undefined, outputEffort: string | undefined): ReasoningWish | undefined {
  // `reasoning_config` is what AWS's first documents called `thinking`.
  const thinking = fields?.object('thinking') ?? fields?.object('reasoning_config');
  const nova = fields?.object('reasoningConfig');
  const mode = modeOf(thinking?.string('type') ?? nova?.string('type'));
  const effort =
    outputEffort ??
    fields?.object('output_config')?.string('effort') ??
    nova?.string('maxReasoningEffort') ??
    fields?.string('reasoning_effort');
  const budgetTokens = thinking?.count('budget_tokens');
  const summary = summaryOf(thinking?.string('display'));
  if (mode === undefined && effort === undefined && budgetTokens === undefined) return undefined;
  return { mode, effort, budgetTokens, summary };
}

function modeOf(type: string | undefined): ReasoningWish['mode'] {
  if (type === 'enabled') return 'on';
  if (type === 'disabled') return 'off';
  return type === 'adaptive' ? 'adaptive' : undefined;
}

function summaryOf(display: string | undefined): string | undefined {
  if (display === undefined) return undefined;
  return display === 'omitted' ? 'none' : 'auto';
}
