import { emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, countAt, listAt, parsedArguments, sseEvents, textAt } from './wire-value.ts';

export function readOpenaiResponses(body: Buffer, isStream: boolean): Reading {
  return isStream ? readStream(body) : readResponse(JSON.parse(body.toString('utf8')));
}

function readResponse(response: unknown): Reading {
  const reading = emptyReading();
  for (const item of listAt(response, 'output')) addItem(reading, item);
  reading.usage = usageOf(at(response, 'usage'));
  reading.finish = finishOf(response, reading);
  const error = at(response, 'error');
  if (error !== undefined) reading.error = textAt(error, 'message') || JSON.stringify(error);
  reading.isWhole = ['completed', 'incomplete'].includes(textAt(response, 'status'));
  return reading;
}

function addItem(reading: Reading, item: unknown): void {
  switch (at(item, 'type')) {
    case 'message':
      for (const part of listAt(item, 'content')) {
        reading.text += textAt(part, 'text');
        reading.refusal += textAt(part, 'refusal');
      }
      return;
    case 'reasoning': {
      const summary = listAt(item, 'summary');
      const parts = summary.length > 0 ? summary : listAt(item, 'content');
      reading.reasoning += parts.map((part) => textAt(part, 'text')).join('');
      return;
    }
    case 'function_call':
      reading.calls.push({ name: textAt(item, 'name'), arguments: parsedArguments(textAt(item, 'arguments')) });
      return;
    case 'custom_tool_call':
      reading.calls.push({ name: textAt(item, 'name'), arguments: parsedArguments(textAt(item, 'input')) });
  }
}

/** The status does not tell an answer from a call; what it holds does. */
function finishOf(response: unknown, { calls, refusal }: Reading): FinishClass | undefined {
  switch (at(response, 'status')) {
    case 'completed':
      if (calls.length > 0) return 'tools';
      return refusal === '' ? 'stop' : 'refusal';
    case 'incomplete': {
      const reason = at(response, 'incomplete_details', 'reason');
      return reason === 'max_output_tokens' ? 'length' : reason === 'content_filter' ? 'filter' : 'other';
    }
    default:
      return undefined;
  }
}

function usageOf(usage: unknown): TokenCounts | undefined {
  if (at(usage, 'input_tokens') === undefined) return undefined;
  return {
    input: countAt(usage, 'input_tokens'),
    output: countAt(usage, 'output_tokens'),
    cached: countAt(usage, 'input_tokens_details', 'cached_tokens'),
  };
}

/** Text comes twice, in pieces and whole; what a client shows while it comes must be what it has at the end. */
function readStream(body: Buffer): Reading {
  let last: unknown;
  let error: string | undefined;
  const pieces = { text: '', refusal: '', reasoning: '' };
  const argumentPieces = new Map<string, string>();
  for (const { data } of sseEvents(body)) {
    const type = textAt(data, 'type');
    const delta = textAt(data, 'delta');
    if (type === 'response.output_text.delta') pieces.text += delta;
    if (type === 'response.refusal.delta') pieces.refusal += delta;
    if (type === 'response.reasoning_summary_text.delta' || type === 'response.reasoning_text.delta') {
      pieces.reasoning += delta;
    }
    if (type === 'response.function_call_arguments.delta' || type === 'response.custom_tool_call_input.delta') {
      const id = textAt(data, 'item_id');
      argumentPieces.set(id, (argumentPieces.get(id) ?? '') + delta);
    }
    if (type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed') {
      last = at(data, 'response');
    }
    if (type === 'error') error = textAt(data, 'message') || textAt(data, 'error', 'message') || JSON.stringify(data);
  }
  const reading = readResponse(last);
  reading.error ??= error;
  for (const key of ['text', 'refusal', 'reasoning'] as const) {
    // An answer that failed has only what was shown of it.
    if (reading.error !== undefined) reading[key] = pieces[key];
    if (withoutSpaces(pieces[key]) !== withoutSpaces(reading[key])) reading.faults.push(`${key} in pieces is another`);
  }
  const texts = [...argumentPieces.values()].map((text) => JSON.stringify(parsedArguments(text)));
  const known = reading.calls.map((call) => JSON.stringify(call.arguments));
  if (reading.error === undefined && texts.some((text) => !known.includes(text)))
    reading.faults.push('arguments in pieces are not those at the end');
  return reading;
}

/** Pieces of a summary stand apart by lines that are nobody's words. */
function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '');
}
