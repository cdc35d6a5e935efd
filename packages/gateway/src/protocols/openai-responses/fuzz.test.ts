import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject } from '../../canonical/json.ts';
import { streamedAnswer, unaryAnswer } from './answer.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { readFacts } from './read-facts.ts';
import { ResponsesStreamDecoder } from './stream-decoder.ts';

const frames = streamedAnswer
  .toString('utf8')
  .split('\n\n')
  .filter((frame) => frame !== '')
  .map((frame) => frame.slice(frame.indexOf('\ndata: ') + '\ndata: '.length));

/** Frames of a good stream: some in another place, some with another value in them, some with bytes changed. */
const spoiled = fc
  .array(
    fc.record({
      frame: fc.nat(frames.length - 1),
      key: fc.constantFrom('type', 'output_index', 'content_index', 'item', 'part', 'delta', 'response', 'item_id'),
      value: fc.option(fc.jsonValue(), { nil: undefined }),
      isCut: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((changes) =>
    changes.map(({ frame, key, value, isCut }) => {
      const text = frames[frame]!;
      if (value === undefined) return isCut ? text.slice(0, text.length / 2) : text;
      return JSON.stringify({ ...(JSON.parse(text) as object), [key]: value });
    }),
  );

it('spoiled frames throw nothing but SyntaxError, and keep the order of events', () => {
  fc.assert(
    fc.property(spoiled, (list) => {
      const decoder = new ResponsesStreamDecoder();
      const open = new Set<number>();
      let isOver = false;
      const emit: Parameters<typeof decoder.read>[1] = (event) => {
        expect(isOver).toBe(false);
        if (event.type === 'part-start') {
          expect(open.size).toBe(0);
          open.add(event.index);
        } else if (event.type === 'part-end') expect(open.delete(event.index)).toBe(true);
        else if ('index' in event) expect(open.has(event.index)).toBe(true);
        isOver = event.type === 'end' || event.type === 'error';
      };
      for (const text of list) {
        try {
          decoder.read({ name: '', data: Buffer.from(text) }, emit);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }
      decoder.finish(emit);
      expect(decoder.isFinished ? open.size : 0).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

const goodBody = {
  model: 'm',
  instructions: 'x',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', image_url: 'data:image/png;base64,aa' },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'b' }], encrypted_content: 'gAAA' },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'd' }] },
  ],
  tools: [{ type: 'function', name: 'f', parameters: {} }],
  tool_choice: { type: 'function', name: 'f' },
  text: { format: { type: 'json_schema', name: 'n', schema: {} } },
  reasoning: { effort: 'low' },
};

/** The value with another in the place where `steps` lead; each step takes one of the members there are. */
function spoil(value: unknown, steps: readonly number[], other: unknown): unknown {
  const keys = isObject(value) || Array.isArray(value) ? Object.keys(value) : [];
  const [step, ...rest] = steps;
  if (step === undefined || keys.length === 0) return other;
  const key = keys[step % keys.length]!;
  const inner = spoil((value as Record<string, unknown>)[key], rest, other);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...(value as object), [key]: inner };
}

const spoilings = [fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), fc.jsonValue()] as const;

it('a spoiled request is refused with a name for what is wrong, or can be sent', () => {
  fc.assert(
    fc.property(...spoilings, (steps, other) => {
      const body = spoil(goodBody, steps, other);
      if (!isObject(body)) return;
      try {
        const request = decodeRequest(body, readFacts(body));
        encodeRequest(request, { model: 'm', quirks: {}, defaultMaxOutputTokens: 1 });
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
        expect(error).toMatchObject({ kind: 'invalid_request', param: expect.any(String) });
      }
    }),
    { numRuns: 2000 },
  );
});

it('a spoiled answer is read as far as it can be', () => {
  fc.assert(
    fc.property(...spoilings, (steps, other) => {
      const body = spoil(unaryAnswer, steps, other);
      if (isObject(body) && body['status'] !== 'failed') expect(decodeAnswer(body).choices).toHaveLength(1);
    }),
    { numRuns: 2000 },
  );
});
