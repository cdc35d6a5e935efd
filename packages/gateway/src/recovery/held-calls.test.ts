import { describe, expect, it } from 'vitest';
import { readChunks } from '../../test/fuzz/wire-stream.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import type { ChatRequest } from '../canonical/conversation.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { contextOf, framesOf, otherStart, type PartScript, played, resume, translated } from './recovery.fixture.ts';
import { recoveryMode } from './recovery-mode.ts';

// A wire that has calls whole tells nothing of one before its end.
const to = findProtocol('gemini');
const from = findProtocol('openai-chat');

const said: PartScript = { head: { type: 'text' }, text: 'I look.' };
const call = (id: string, name: string, text: string): PartScript => ({
  head: { type: 'tool-call', id, name, kind: 'function' },
  text,
});
const first = [
  said,
  call('call_1', 'weather', '{"city":"Rome"}'),
  call('call_2', 'weather', '{"city":"Oslo","days":3}'),
];

/** A request that anybody may go on with. */
const plain = {
  ...{ toolChoice: undefined, outputFormat: undefined, reasoning: undefined },
  ...{ modalities: undefined, audioOutput: undefined, choices: undefined },
};

/** The stream up to the middle of the arguments of the call that is told last. */
function brokenAmid(scripts: readonly PartScript[]) {
  const frames = framesOf(from, played(scripts, { size: 4 }));
  const last = frames.findLastIndex(({ data }) => data.includes('"arguments"'));
  return translated({ from, to }, frames.slice(0, last - 1));
}

const answerOf = (bytes: Buffer) => collectAnswer(readChunks(to, [bytes]).events).choices;

describe('a call of which the caller has nothing', () => {
  it.each<[string, readonly PartScript[]]>([
    ['other arguments', [...first.slice(0, 2), call('call_2', 'weather', '{"city":"Bergen"}')]],
    ['another call', [...first.slice(0, 2), call('call_2', 'time', '{"zone":"CET"}')]],
    ['no call', first.slice(0, 2)],
    ['words', [...first.slice(0, 2), { head: { type: 'text' }, text: 'Enough.' }]],
    ['the same', first],
  ])('kept an attempt from completing the answer that said %s', (_, scripts) => {
    const { encoder, bytes } = brokenAmid(first);
    const frames = framesOf(from, played(scripts, { begin: otherStart }));
    const { output, resumption } = resume({ encoder, protocol: from, frames });
    expect(resumption.isMismatch).toBe(false);
    const whole = translated({ from, to }, framesOf(from, played(scripts)), true).bytes;
    expect(answerOf(Buffer.concat([bytes, output]))).toEqual(answerOf(whole));
  });

  it('of two attempts that broke in it hinders no third one', () => {
    const { encoder, bytes } = brokenAmid(first);
    const other = [...first.slice(0, 2), call('call_2', 'time', '{"zone":"CET"}')];
    const frames = framesOf(from, played(other, { size: 4, begin: otherStart }));
    const amid = frames.findLastIndex(({ data }) => data.includes('"arguments"')) - 1;
    const broken = resume({ encoder, protocol: from, frames: frames.slice(0, amid), isEnded: false });
    const last = resume({ encoder, protocol: from, frames: framesOf(from, played(first)) });
    expect(last.resumption.isMismatch).toBe(false);
    const whole = translated({ from, to }, framesOf(from, played(first)), true).bytes;
    expect(answerOf(Buffer.concat([bytes, broken.output, last.output]))).toEqual(answerOf(whole));
  });

  it('kept a target from going on behind the words before it', () => {
    const { encoder } = brokenAmid([said, first[1]!]);
    const target = { protocol: 'anthropic-messages', quirks: {}, model: 'claude-sonnet-4-5', override: true } as const;
    const request: ChatRequest = { ...contextOf(from).request, ...plain };
    expect(recoveryMode({ wanted: 'auto', sent: encoder.sent, request, target })).toBe('continue');
  });
});
