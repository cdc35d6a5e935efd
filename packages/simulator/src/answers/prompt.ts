import { countTokens } from '../answer-text.ts';
import type { SimulatedRequest } from '../simulated-request.ts';
import { fieldOf, isRecord, type Json, objectAt } from './json.ts';

/** Counts the words of the prompt, whichever field of whichever wire holds it. */
export function countPrompt(request: SimulatedRequest): number {
  return countWords(request.json ?? {});
}

/** Counts the words of the prompt in a body. */
export function countWords(json: Json): number {
  const texts = [
    ...turns(json),
    json['prompt'],
    json['instructions'],
    json['system'],
    fieldOf(json, 'systemInstruction'),
    json['query'],
    json['documents'],
  ];
  return countTokens(texts.map(contentText).join(' '));
}

/** Counts the words of a text, of content parts, or of a list of either. */
export function countContent(value: unknown): number {
  return countTokens(contentText(value));
}

/** The text of a final assistant message, which asks for a continuation; `undefined` when the conversation ends otherwise. */
export function assistantPrefill(request: SimulatedRequest): string | undefined {
  const last = turns(request.json ?? {}).at(-1);
  if (!isRecord(last) || (last['role'] !== 'assistant' && last['role'] !== 'model')) return undefined;
  const content = last['content'] ?? last['parts'];
  if (!Array.isArray(content)) return contentText(content);
  const spoken = content.filter((part) => typeof part === 'string' || (isRecord(part) && isSpoken(part)));
  return spoken.map(contentText).join('');
}

/** Whether a tool's result is the last word of the conversation. */
export function endsWithToolResult({ json }: SimulatedRequest): boolean {
  const last = turns(json ?? {}).at(-1);
  if (!isRecord(last)) return false;
  const content = last['content'] ?? last['parts'];
  // Marks of a cache stand behind the part that they are about.
  const part = Array.isArray(content)
    ? content.filter((item) => !isRecord(item) || !item['cachePoint']).at(-1)
    : undefined;
  if (last['role'] === 'tool' || last['type'] === 'function_call_output') return true;
  if (!isRecord(part)) return false;
  return (
    part['type'] === 'tool_result' ||
    part['toolResult'] !== undefined ||
    fieldOf(part, 'functionResponse') !== undefined
  );
}

/** The most tokens that the answer may have. */
export function tokenLimit({ json = {} }: SimulatedRequest): number | undefined {
  const limit =
    json['max_completion_tokens'] ??
    json['max_output_tokens'] ??
    json['max_tokens'] ??
    fieldOf(objectAt(json, 'generationConfig'), 'maxOutputTokens') ??
    objectAt(json, 'inferenceConfig')['maxTokens'];
  return typeof limit === 'number' && limit > 0 ? limit : undefined;
}

function turns(json: Json): readonly unknown[] {
  const messages = json['messages'] ?? json['contents'] ?? json['input'];
  return Array.isArray(messages) ? messages : [messages];
}

// What was thought is no beginning of the answer.
function isSpoken(part: Json): boolean {
  return part['thought'] !== true && part['thinking'] === undefined && typeof part['text'] === 'string';
}

function contentText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(contentText).join(' ');
  if (!isRecord(value)) return '';
  for (const name of textFields) {
    const inner = fieldOf(value, name);
    if (inner !== undefined && inner !== null) return contentText(inner);
  }
  for (const name of dataFields) if (isRecord(value[name])) return JSON.stringify(value[name]);
  return '';
}

// In order: where a turn, a part or a result keeps what it says.
const textFields = ['content', 'parts', 'text', 'output', 'toolResult', 'functionResponse'];
const dataFields = ['response', 'json', 'data'];
