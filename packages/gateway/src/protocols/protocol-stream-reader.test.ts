import { expect, it } from 'vitest';
import { sseEvent } from '../framing/sse-event.fixture.ts';
import { findProtocol } from './find-protocol.ts';
import { ProtocolStreamReader } from './protocol-stream-reader.ts';

it('takes an answer that ended without a word for an answer, as a refusal is on a wire without a terminator', () => {
  const { upstream } = findProtocol('gemini');
  const reader = new ProtocolStreamReader(upstream.createStreamDecoder({ idSeed: 'seed' }));
  expect(reader.read(sseEvent('{"candidates":[{"index":0}]}'))).toBe('preamble');
  expect(reader.read(sseEvent('{"candidates":[{"index":0,"finishReason":"SAFETY"}]}'))).toBe('content');
});
