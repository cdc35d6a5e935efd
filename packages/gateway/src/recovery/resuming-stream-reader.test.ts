import { describe, expect, it } from 'vitest';
import { idSeed, streamFrame } from '../../test/fuzz/wire-stream.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import {
  contextOf,
  eventsOf,
  framesOf,
  otherStart,
  type PartScript,
  played,
  relayed,
  written,
} from './recovery.fixture.ts';
import { ResumingStreamReader } from './resuming-stream-reader.ts';
import { Resumption } from './resumption.ts';

const chat = findProtocol('openai-chat');
const text = (said: string): PartScript => ({ head: { type: 'text' }, text: said });

function readerOf(beginning: string, mode: 'restart' | 'continue' = 'restart') {
  const events = played([text(beginning)], { size: 99 });
  const sent = eventsOf(chat, written(chat.client.createStreamEncoder(contextOf(chat)), events)).slice(0, 2);
  const encoder = relayed(chat, sent)!;
  const resumption = new Resumption({ mode, sent: encoder.sent!, encoder });
  const reader = new ResumingStreamReader(chat.upstream.createStreamDecoder({ idSeed }), resumption);
  return { reader, resumption, encoder };
}

const framesFor = (said: string) =>
  framesOf(chat, played([text(said)], { size: 4, begin: otherStart })).map(streamFrame);

describe('ResumingStreamReader', () => {
  it('tells what repeats the beginning from what is new', () => {
    const { reader } = readerOf('Hello, ');
    const verdicts = framesFor('Hello, world').map((frame) => {
      const verdict = reader.read(frame);
      return [verdict, reader.takeOutput().length > 0];
    });
    // The role, then `Hell`, `o, w`, `orld`, the finish and the usage, which wait for the end, and the end.
    expect(verdicts).toEqual([
      ['preamble', false],
      ['repeated', false],
      ['content', true],
      ['content', true],
      ['content', false],
      ['content', false],
      ['end', true],
    ]);
    expect(reader.isFinished).toBe(true);
  });

  it('says of another answer that it is malformed, and why', () => {
    const { reader, encoder } = readerOf('Hello, ');
    const before = encoder.sent;
    const [, first, second] = framesFor('Hell yeah');
    reader.read(first!);
    expect(reader.isMismatch).toBe(false);
    expect(reader.read(second!)).toBe('malformed');
    expect(reader.isMismatch).toBe(true);
    expect(reader.errorData).toBeUndefined();
    expect(reader.takeOutput()).toHaveLength(0);
    expect(reader.isFinished).toBe(false);
    expect(encoder.sent).toEqual(before);
  });

  it('is not finished by an answer that ended before it had said all that was sent', () => {
    const { reader } = readerOf('Hello, world');
    for (const frame of framesFor('Hello').slice(0, -1)) reader.read(frame);
    expect(reader.isFinished).toBe(false);
  });

  it('completes an answer whose terminator is missing', () => {
    const { reader } = readerOf('Hello');
    for (const frame of framesFor('Hello').slice(0, -1)) reader.read(frame);
    expect(reader.isFinished).toBe(true);
    expect(reader.terminator().toString()).toContain('data: [DONE]');
  });

  it('tells the attempt’s own usage and model, and the caller what it took in all', () => {
    const { encoder } = readerOf('Hello');
    const toldUsage = ({ input, output }: { input: number; output: number }) => ({ input, output: output + 5 });
    const resumption = new Resumption({ mode: 'continue', sent: encoder.sent!, encoder, toldUsage });
    const reader = new ResumingStreamReader(chat.upstream.createStreamDecoder({ idSeed }), resumption);
    let bytes = '';
    for (const frame of framesFor(', world')) {
      reader.read(frame);
      bytes += reader.takeOutput().toString();
    }
    expect(reader.usage).toMatchObject({ output: 22 });
    expect(reader.responseModel).toBe('m-2');
    expect(bytes).toContain('"completion_tokens":27');
    expect(bytes).not.toContain('m-2');
    expect(reader.outputTokens).toBe(2);
  });

  it('passes on signs of life while it compares', () => {
    const anthropic = findProtocol('anthropic-messages');
    const events = written(anthropic.client.createStreamEncoder(contextOf(anthropic)), played([text('Hello, world')]));
    const encoder = relayed(anthropic, eventsOf(anthropic, events).slice(0, 3))!;
    const resumption = new Resumption({ mode: 'restart', sent: encoder.sent!, encoder });
    expect(resumption.push(otherStart)).toHaveLength(0);
    expect(resumption.push({ type: 'ping' }).toString()).toContain('ping');
    expect(resumption.hasNew).toBe(false);
  });

  it('gives up on what would have to be held back without end', () => {
    const { encoder } = readerOf('Hello, world');
    const resumption = new Resumption({ mode: 'restart', sent: encoder.sent!, encoder });
    resumption.push(otherStart);
    resumption.push({ type: 'part-start', index: 0, choice: 1, part: { type: 'text' } });
    for (let count = 0; count < 20; count++) resumption.push({ type: 'delta', index: 0, text: 'x'.repeat(100_000) });
    expect(resumption.isMismatch).toBe(true);
  });
});
