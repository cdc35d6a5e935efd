import { describe, expect, it } from 'vitest';
import { answerSeeds } from '../../test/fuzz/answer-seeds.ts';
import { recordedSeeds } from '../../test/fuzz/recorded-seeds.ts';
import { patience } from '../../test/fuzz/runs.ts';
import { type ToldAnswer, toldBy } from '../../test/fuzz/told-answer.ts';
import { framesBytes, framesIn, idSeed, readChunks } from '../../test/fuzz/wire-stream.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { protocols } from '../protocols/registry.gen.ts';
import { contextOf, eventsOf, relayed, resume } from './recovery.fixture.ts';
import { recoveryMode } from './recovery-mode.ts';
import { seamFaults } from './seam-faults.fixture.ts';

const recorded = recordedSeeds();
/** Cuts that are tried of a recorded stream. */
const CUTS = 12;

// What providers send differs from what the gateway's own encoders write: their ids, numbers, pieces and oddities.
describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  it.each([
    ['its seed', [framesBytes(protocol, answerSeeds[name].frames)]],
    ['recorded streams, where there are any', recorded[name].streams],
  ])(
    'goes on after any event of %s',
    (_of, streams) => {
      let tried = 0;
      for (const stream of streams) {
        const uncut = readChunks(protocol, [stream]);
        if (uncut.events.at(-1)?.type !== 'end') continue;
        const choices = Math.max(1, uncut.events.filter(({ type }) => type === 'finish').length);
        const frames = framesIn(protocol, stream);
        const allowed = new Set(seamFaults(name, frames));
        const expected = toldBy(name, collectAnswer(readChunks(protocol, [stream], choices).events));
        const chunks = eventsOf(protocol, stream);
        const step = streams.length === 1 ? 1 : Math.max(1, Math.floor(chunks.length / CUTS));
        for (let count = 1; count < chunks.length; count += step) {
          const sent = chunks.slice(0, count);
          const encoder = relayed(protocol, sent, choices);
          if (!encoder || encoder.sent!.hasEnded || !canRestart(encoder.sent!)) continue;
          const { output, resumption } = resume({ encoder, protocol, frames, choices, seed: idSeed });
          expect(resumption.isMismatch).toBe(false);
          const bytes = Buffer.concat([...sent, output]);
          const reading = readChunks(protocol, [bytes], choices);
          expect(reading.faults).toEqual([]);
          expect(reading.events.at(-1)).toEqual({ type: 'end' });
          expectSame(toldBy(name, collectAnswer(reading.events)), expected);
          expect(seamFaults(name, framesIn(protocol, bytes)).filter((fault) => !allowed.has(fault))).toEqual([]);
          tried++;
        }
      }
      if (streams.length > 0) expect(tried).toBeGreaterThan(2);
    },
    patience(60_000),
  );

  function canRestart(sent: Parameters<typeof recoveryMode>[0]['sent']): boolean {
    const request = { ...contextOf(protocol).request, modalities: undefined, audioOutput: undefined };
    const target = { protocol: name, quirks: {}, model: 'm', override: false };
    return recoveryMode({ wanted: 'auto', sent, request, target }) === 'restart';
  }
});

/** Thoughts that nothing can be added to may end where the stream was cut. */
function expectSame(told: ToldAnswer, expected: ToldAnswer): void {
  expect(told.choices.map(withoutThoughts)).toEqual(expected.choices.map(withoutThoughts));
  for (const [index, choice] of told.choices.entries()) {
    const thoughts = thoughtsOf(expected.choices[index]!);
    expect(thoughts.startsWith(thoughtsOf(choice))).toBe(true);
  }
}

type ToldChoice = ToldAnswer['choices'][number];

function withoutThoughts({ parts, ...choice }: ToldChoice): unknown {
  return { ...choice, parts: parts.filter(([kind]) => kind !== 'reasoning') };
}

function thoughtsOf({ parts }: ToldChoice): string {
  return parts.flatMap((part) => (part[0] === 'reasoning' ? [part[1]] : [])).join('');
}
