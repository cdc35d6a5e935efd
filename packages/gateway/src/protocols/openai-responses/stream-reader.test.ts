import { describe, expect, it } from 'vitest';
import { sseEvent } from '../../framing/sse-event.fixture.ts';
import { ResponsesStreamReader } from './stream-reader.ts';

function read(events: readonly (object | string)[], name = '') {
  const reader = new ResponsesStreamReader();
  const verdicts = events.map((event) =>
    reader.read(sseEvent(typeof event === 'string' ? event : JSON.stringify(event), name)),
  );
  return { reader, verdicts };
}

const created = { type: 'response.created', response: { status: 'in_progress', error: null, usage: null } };
const delta = { type: 'response.output_text.delta', delta: 'Hi' };
const usage = { input_tokens: 3, output_tokens: 5, output_tokens_details: { reasoning_tokens: 2 } };
const completed = { type: 'response.completed', response: { model: 'm-1', usage } };

describe('ResponsesStreamReader', () => {
  it('reads a plain stream', () => {
    const { verdicts, reader } = read([created, { type: 'response.in_progress' }, '', delta, '', completed]);
    expect(verdicts).toEqual(['preamble', 'preamble', 'preamble', 'content', 'content', 'end']);
    expect(reader).toMatchObject({
      isFinished: true,
      responseModel: 'm-1',
      usage: { input: 3, output: 5, reasoning: 2 },
    });
    expect(reader.terminator()).toHaveLength(0);
  });

  it('counts what an answer says', () => {
    const args = { type: 'response.function_call_arguments.delta', delta: '{"a":1}' };
    expect(read([created, delta, args, completed]).reader.outputTokens).toBe(3);
  });

  it('took the announcement of a message for its first words, and could not go elsewhere any more', () => {
    const item = { type: 'response.output_item.added', output_index: 0, item: { type: 'message', content: [] } };
    const part = { type: 'response.content_part.added', part: { type: 'output_text', text: '' } };
    expect(read([created, item, part, delta]).verdicts).toEqual(['preamble', 'preamble', 'preamble', 'content']);
    expect(read([created, { ...item, item: { type: 'reasoning' } }]).verdicts).toEqual(['preamble', 'content']);
  });

  it('takes an answer that reached its limit for whole', () => {
    expect(read([delta, { type: 'response.incomplete', response: { usage } }]).reader.isFinished).toBe(true);
  });

  it('took a response that was cancelled for more of its answer, without its usage', () => {
    const cancelled = { type: 'response.cancelled', response: { status: 'cancelled', error: null, usage } };
    for (const [events, name] of [
      [[created, delta, cancelled], ''],
      [[delta, { response: cancelled.response }], 'response.cancelled'],
      [[delta, { type: 'error', message: 'Cancelled' }, cancelled], ''],
    ] as const) {
      const { verdicts, reader } = read(events, name);
      expect(verdicts.at(-1)).toBe('error');
      expect(reader).toMatchObject({ isFinished: false, isUsageFinal: true, usage: { input: 3, output: 5 } });
      expect(reader.errorData).toBeDefined();
    }
  });

  it.each(['failed', 'cancelled'])('took a response that ended as completed with the status %s for whole', (status) => {
    const ending = { type: 'response.completed', response: { status, error: null, usage } };
    const { verdicts, reader } = read([created, delta, ending]);
    expect(verdicts.at(-1)).toBe('error');
    expect(reader).toMatchObject({ isFinished: false, isUsageFinal: true, usage: { input: 3, output: 5 } });
    expect(reader.errorData?.toString()).toBe(JSON.stringify(ending));
  });

  it.each<[string, object]>([
    ['an error event', { type: 'error', message: 'Overloaded' }],
    ['a failed response', { type: 'response.failed', response: { error: { message: 'Bad' } } }],
    ['an error of another protocol', { error: { message: 'Bad' } }],
  ])('tells of %s', (_, event) => {
    const { verdicts, reader } = read([created, event]);
    expect(verdicts.at(-1)).toBe('error');
    expect(reader.errorData?.toString()).toBe(JSON.stringify(event));
    expect(reader.isFinished).toBe(false);
  });

  it('takes the name of the event where the data has no type', () => {
    expect(read([{ message: 'Bad' }], 'error').verdicts).toEqual(['error']);
    expect(read([{ response: { usage } }], 'response.completed').reader.isFinished).toBe(true);
  });

  it('does not take [DONE] for the end of an answer that has none', () => {
    const { verdicts, reader } = read([delta, '[DONE]']);
    expect(verdicts).toEqual(['content', 'end']);
    expect(reader.isFinished).toBe(false);
  });

  it('refuses what is not JSON', () => {
    expect(read(['{"type":"response.out', '<html>']).verdicts).toEqual(['malformed', 'malformed']);
  });

  it('took the events of another wire for an answer that broke off', () => {
    expect(read([{ choices: [] }, { type: 'content-delta' }]).verdicts).toEqual(['preamble', 'preamble']);
  });

  it('passes types it does not know', () => {
    expect(read([created, { type: 'response.something.new' }]).verdicts).toEqual(['preamble', 'content']);
  });
});
