import { answerTokens, countTokens, splitTokens } from '../answer-text.ts';
import { continueAnswer } from '../prefill.ts';
import type { AnswerContext } from './answer.ts';
import { answerId } from './answer.ts';
import { answerSchema, wantedTool } from './offers.ts';
import { countPrompt, endsWithToolResult, tokenLimit } from './prompt.ts';
import { sampleValue } from './sample-value.ts';

/** What the assistant says, before it is put on a wire. */
export interface Message {
  readonly tokens: readonly string[];
  readonly reasoning: readonly string[];
  /** Why nothing is said, where the wire has a place for it; empty for all but scripted refusals. */
  readonly refusal: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** Why it ended, in the words of chat completions. */
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A call of one function, its arguments as JSON text. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/**
 * Decides what is said: the scripted text, refusal or calls, else a call of the first tool when tools are offered and no
 * result of one ends the conversation, else JSON when the request gives a schema for it, else the deterministic text. A
 * final assistant message that begins the text is continued.
 */
export function composeMessage(context: AnswerContext): Message {
  const { request, spec } = context;
  const toolCalls = chooseToolCalls(context);
  const reasoning = splitTokens(spec.reasoning ?? '');
  const refusal = splitTokens(spec.refusal ?? '');
  const silent = spec.text === undefined && (toolCalls.length > 0 || refusal.length > 0);
  const remaining = silent ? [] : continueAnswer(wholeText(context), request, spec.prefill);
  const limit = tokenLimit(request);
  const tokens = limit !== undefined && limit < remaining.length ? remaining.slice(0, limit) : remaining;
  const cut = tokens.length < remaining.length;
  const argumentTokens = toolCalls.reduce((sum, call) => sum + Math.max(1, countTokens(call.arguments)), 0);
  return {
    tokens,
    reasoning,
    refusal,
    toolCalls,
    finishReason: spec.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : cut ? 'length' : 'stop'),
    promptTokens: countPrompt(request),
    completionTokens: tokens.length + reasoning.length + refusal.length + argumentTokens,
  };
}

/** What is said on a wire that has no place of its own for a refusal. */
export function spokenTokens(message: Message): readonly string[] {
  return message.refusal.length === 0 ? message.tokens : [...message.tokens, ...message.refusal];
}

/** What clients must hand back unchanged with what was thought; `undefined` when there is nothing of the kind. */
export function signatureOf({ reasoning, signature }: AnswerContext['spec']): string | undefined {
  const value = signature ?? (reasoning === undefined || reasoning === '' ? '' : simulatedSignature);
  return value === '' ? undefined : value;
}

// What it says is nobody's business; some wires want base64.
const simulatedSignature = 'c2ltdWxhdGVkIHNpZ25hdHVyZQ==';

function wholeText({ request, spec, tokens }: AnswerContext): string[] {
  if (spec.text !== undefined) return splitTokens(spec.text);
  const schema = answerSchema(request);
  // Cut finely: JSON has hardly any white space, and would be one token.
  if (schema !== undefined) return JSON.stringify(sampleValue(schema)).match(/.{1,6}/gsu) ?? [];
  return answerTokens(spec.tokens ?? tokens, spec.differs);
}

function chooseToolCalls({ request, spec, index }: AnswerContext): ToolCall[] {
  if (spec.toolCalls !== undefined) {
    return spec.toolCalls.map((call, position) => ({
      id: answerId(`call_${position}_`, index),
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    }));
  }
  if (spec.text !== undefined || spec.refusal !== undefined || endsWithToolResult(request)) return [];
  const tool = wantedTool(request);
  if (tool === undefined) return [];
  return [{ id: answerId('call_0_', index), name: tool.name, arguments: JSON.stringify(sampleValue(tool.parameters)) }];
}
