import { classOf, emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, countAt, listAt, sseEvents, textAt } from './wire-value.ts';

const classes: Readonly<Record<string, FinishClass>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'filter',
  RECITATION: 'filter',
  BLOCKLIST: 'filter',
  PROHIBITED_CONTENT: 'filter',
  SPII: 'filter',
  IMAGE_SAFETY: 'filter',
  MODEL_ARMOR: 'filter',
};

/** A stream is a row of answers whose parts follow one another. */
export function readGemini(body: Buffer, isStream: boolean): Reading {
  const answers = isStream ? answersIn(body) : [JSON.parse(body.toString('utf8')) as unknown];
  const reading = emptyReading();
  const others = new Map<number, string>();
  for (const answer of answers) {
    for (const candidate of listAt(answer, 'candidates')) {
      const index = countAt(candidate, 'index');
      if (index > 0) {
        const text = listAt(candidate, 'content', 'parts').map((part) => textAt(part, 'text'));
        others.set(index, (others.get(index) ?? '') + text.join(''));
        continue;
      }
      for (const part of listAt(candidate, 'content', 'parts')) addPart(reading, part);
      reading.finish = classOf(at(candidate, 'finishReason'), classes) ?? reading.finish;
    }
    if (at(answer, 'promptFeedback', 'blockReason') !== undefined) reading.finish = 'filter';
    reading.usage = usageOf(at(answer, 'usageMetadata')) ?? reading.usage;
    const error = at(answer, 'error');
    if (error !== undefined) reading.error = textAt(error, 'message') || JSON.stringify(error);
  }
  reading.others = [...others.values()];
  reading.isWhole = reading.finish !== undefined;
  // The wire says `STOP` for calls too.
  if (reading.finish === 'stop' && reading.calls.length > 0) reading.finish = 'tools';
  return reading;
}

/** Events, or without `alt=sse` one array. */
function answersIn(body: Buffer): readonly unknown[] {
  const text = body.toString('utf8').trimStart();
  return text.startsWith('[') ? listAt({ all: JSON.parse(text) }, 'all') : sseEvents(body).map(({ data }) => data);
}

function addPart(reading: Reading, part: unknown): void {
  if (at(part, 'thought') === true) reading.reasoning += textAt(part, 'text');
  else reading.text += textAt(part, 'text');
  reading.hasMedia ||= at(part, 'inlineData') !== undefined;
  const call = at(part, 'functionCall');
  if (call !== undefined) reading.calls.push({ name: textAt(call, 'name'), arguments: at(call, 'args') ?? {} });
}

function usageOf(usage: unknown): TokenCounts | undefined {
  if (at(usage, 'promptTokenCount') === undefined && at(usage, 'totalTokenCount') === undefined) return undefined;
  const input = countAt(usage, 'promptTokenCount') + countAt(usage, 'toolUsePromptTokenCount');
  return {
    input,
    output: countAt(usage, 'candidatesTokenCount') + countAt(usage, 'thoughtsTokenCount'),
    cached: countAt(usage, 'cachedContentTokenCount'),
  };
}
