import { answerTokens, countTokens, splitTokens } from '../answer-text.ts';
import type { SimulatedRequest } from '../simulated-request.ts';
import type { AnswerContext } from './answer.ts';
import { answerId } from './answer.ts';
import { sampleValue } from './sample-value.ts';

/** What the assistant says, before it is put on a wire. */
export interface Message {
  readonly tokens: readonly string[];
  readonly reasoning: readonly string[];
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
 * Decides what is said: the scripted text or calls, else a call of the first tool when tools are offered and no result of
 * one ends the conversation, else the deterministic text. A final assistant message that begins the text is continued.
 */
export function composeMessage(context: AnswerContext): Message {
  const { request, spec } = context;
  const toolCalls = chooseToolCalls(context);
  const reasoning = splitTokens(spec.reasoning ?? '');
  const whole = toolCalls.length > 0 && spec.text === undefined ? [] : wholeText(context);
  const remaining = continueFrom(whole, assistantPrefill(request));
  const limit = tokenLimit(request);
  const tokens = limit !== undefined && limit < remaining.length ? remaining.slice(0, limit) : remaining;
  const cut = tokens.length < remaining.length;
  const argumentTokens = toolCalls.reduce((sum, call) => sum + Math.max(1, countTokens(call.arguments)), 0);
  return {
    tokens,
    reasoning,
    toolCalls,
    finishReason: spec.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : cut ? 'length' : 'stop'),
    promptTokens: countPrompt(request),
    completionTokens: tokens.length + reasoning.length + argumentTokens,
  };
}

/** The text of a final assistant message, which asks for a continuation; `undefined` when the conversation ends otherwise. */
export function assistantPrefill(request: SimulatedRequest): string | undefined {
  const last = conversation(request).at(-1);
  return isRecord(last) && last['role'] === 'assistant' ? contentText(last['content']) : undefined;
}

/** Counts the words of the prompt, whichever field holds it. */
export function countPrompt(request: SimulatedRequest): number {
  const json = request.json ?? {};
  return countTokens(
    [...conversation(request), json['prompt'], json['instructions'], json['system'], json['query'], json['documents']]
      .map(contentText)
      .join(' '),
  );
}

function wholeText(context: AnswerContext): string[] {
  if (context.spec.text !== undefined) return splitTokens(context.spec.text);
  return answerTokens(context.spec.tokens ?? context.tokens);
}

function continueFrom(tokens: readonly string[], prefill: string | undefined): readonly string[] {
  if (prefill === undefined || prefill === '') return tokens;
  const text = tokens.join('');
  return text.startsWith(prefill) ? splitTokens(text.slice(prefill.length)) : tokens;
}

function chooseToolCalls({ request, spec, index }: AnswerContext): ToolCall[] {
  if (spec.toolCalls !== undefined) {
    return spec.toolCalls.map((call, position) => ({
      id: answerId(`call_${position}_`, index),
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    }));
  }
  const tools = request.json?.['tools'];
  const choice = request.json?.['tool_choice'];
  if (spec.text !== undefined || !Array.isArray(tools) || isNone(choice) || endsWithToolResult(request)) return [];
  const functions = tools.map(functionOf).filter((tool) => tool !== undefined);
  const wanted = isRecord(choice) ? functionOf({ type: 'function', ...choice })?.name : undefined;
  const tool = functions.find((candidate) => candidate.name === wanted) ?? functions[0];
  if (tool === undefined) return [];
  return [{ id: answerId('call_0_', index), name: tool.name, arguments: JSON.stringify(sampleValue(tool.parameters)) }];
}

function functionOf(tool: unknown): { name: string; parameters: unknown } | undefined {
  if (!isRecord(tool)) return undefined;
  const inner = isRecord(tool['function']) ? tool['function'] : tool;
  return typeof inner['name'] === 'string'
    ? { name: inner['name'], parameters: inner['parameters'] ?? inner['input_schema'] }
    : undefined;
}

function endsWithToolResult(request: SimulatedRequest): boolean {
  const last = conversation(request).at(-1);
  if (!isRecord(last)) return false;
  const { role, type, content } = last;
  const part = Array.isArray(content) ? content.at(-1) : undefined;
  return role === 'tool' || type === 'function_call_output' || (isRecord(part) && part['type'] === 'tool_result');
}

function isNone(choice: unknown): boolean {
  return choice === 'none' || (isRecord(choice) && choice['type'] === 'none');
}

function conversation(request: SimulatedRequest): readonly unknown[] {
  const messages = request.json?.['messages'] ?? request.json?.['input'];
  return Array.isArray(messages) ? messages : [messages];
}

function contentText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(contentText).join(' ');
  return isRecord(value) ? contentText(value['content'] ?? value['text'] ?? value['output']) : '';
}

function tokenLimit(request: SimulatedRequest): number | undefined {
  const json = request.json ?? {};
  const limit = json['max_completion_tokens'] ?? json['max_output_tokens'] ?? json['max_tokens'];
  return typeof limit === 'number' && limit > 0 ? limit : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
