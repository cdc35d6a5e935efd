import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { contextOf, unaryAnswer } from './answer.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeErrorEvent } from './errors.ts';
import { ResponsesStreamEncoder } from './stream-encoder.ts';

const answer = decodeAnswer(unaryAnswer);
const encoder = new ResponsesStreamEncoder(contextOf());
const stream = Buffer.concat([...answerEvents(answer)].map((event) => encoder.push(event)));

/** OpenAI's own library, which gets these bytes from whatever it asks. */
function clientOf(bytes: Buffer, contentType: string): OpenAI {
  const fetch = async () => new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } });
  return new OpenAI({ apiKey: 'sk-test', baseURL: 'http://127.0.0.1:1/v1', fetch, maxRetries: 0 });
}

describe('OpenAI’s client library', () => {
  it('reads an answer at once', async () => {
    const client = clientOf(encodeAnswer(answer, contextOf()), 'application/json');
    const response = await client.responses.create({ model: 'm', input: 'x' });
    expect(response).toMatchObject({
      output_text: 'Grüße 👋, see [1].',
      status: 'completed',
      usage: { total_tokens: 380 },
    });
  });

  it('puts a stream together to the same answer', async () => {
    const streamed = await clientOf(stream, 'text/event-stream')
      .responses.stream({ model: 'm', input: 'x' })
      .finalResponse();
    expect(streamed.output_text).toBe('Grüße 👋, see [1].');
    expect(streamed.output).toMatchObject(JSON.parse(encodeAnswer(answer, contextOf()).toString()).output);
  });

  it('throws where the stream says that it failed', async () => {
    const error = encodeErrorEvent(new GatewayError('upstream_truncated', 'The answer broke off.'));
    const cut = Buffer.concat([stream.subarray(0, stream.indexOf('event: response.completed')), error]);
    const final = clientOf(cut, 'text/event-stream').responses.stream({ model: 'm', input: 'x' }).finalResponse();
    await expect(final).rejects.toThrow('The answer broke off.');
  });
});
