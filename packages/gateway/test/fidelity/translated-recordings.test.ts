import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { isFailed } from './agreement.ts';
import { noDescriptions, readDescriptions } from './api-descriptions.ts';
import { type ChatAsker, distinctRequests, type RecordedRequest, startChatAsker } from './asked-chats.ts';
import { type ChatRecording, readChatRecordings } from './chat-recordings.ts';
import { type Disagreement, disagreementOf, reasonOf } from './disagreements.ts';
import { checkPage, createFidelityCounts } from './fidelity-page.ts';
import { type ErrorToJudge, expectedError, faultsOfError, faultsOfFailedAnswer, withKey } from './judge-errors.ts';
import {
  DescriptionCheck,
  faultsOfMeaning,
  faultsOfRefusal,
  faultsOfScenario,
  isHeard,
  needsFetching,
  pairsOf,
} from './judge-requests.ts';
import { type ChatPlayer, type ChatPlayerOptions, forEachAtOnce, startChatPlayer } from './played-chats.ts';
import { noRecordings } from './recorded-exchanges.ts';
import { readScenarios } from './scenarios.ts';
import { readers } from './wires/readers.ts';

// What real providers answered, asked for by a client of each wire over real sockets. Client and recording are read by
// readers that share no code with the gateway, and must say the same.

const recordings = readChatRecordings();
const readingOf = ({ wire, reply, isStream }: ChatRecording) => readers[wire](reply, isStream);
const good = recordings.filter(({ status }) => status === 200);
const failed = good.filter((recording) => isFailed(readingOf(recording)));
const answers = good.filter((recording) => !failed.includes(recording));
const errors = recordings.filter(({ status }) => status >= 400);
const providers = [...new Set(recordings.map(({ provider }) => provider))];
const counts = createFidelityCounts();
const title = noRecordings === undefined ? 'recorded chats' : `recorded chats (skipped: ${noRecordings})`;
const longest = 300_000;

interface Asked {
  readonly recording: ChatRecording;
  readonly client: ProtocolName;
}

function askedByAll(some: readonly ChatRecording[]): Asked[] {
  return some.flatMap((recording) => protocolNames.map((client) => ({ recording, client })));
}

function placeOf({ recording: { provider, wire, isStream, file }, client }: Asked): string {
  return `${provider}, ${wire} for ${client}${isStream ? ', stream' : ''}, ${file}`;
}

/** Plays each for each client at a target of its own: one that has failed or refused a key is not asked for a while. */
async function playApart(
  some: readonly ChatRecording[],
  replyOf: ChatPlayerOptions['replyOf'],
  judge: (one: Asked, played: ErrorToJudge) => readonly string[],
): Promise<string[]> {
  const targetOf = ({ recording, client }: Asked) => `e${recording.id}-${client}`;
  const asked = askedByAll(some);
  const targets = Object.fromEntries(asked.map((one) => [targetOf(one), one.recording.wire]));
  const player = await startChatPlayer({ recordings: some, targets, ...(replyOf === undefined ? {} : { replyOf }) });
  const { upstreamUrl } = player;
  const faults: string[] = [];
  try {
    await forEachAtOnce(asked, async (one) => {
      const target = targetOf(one);
      const played = await player.play(one.recording, one.client, target);
      faults.push(...judge(one, { played, target, upstreamUrl }).map((fault) => `${placeOf(one)}: ${fault}`));
    });
  } finally {
    await player.stop();
  }
  return faults.slice(0, 20);
}

function pairedWithOthers(requests: readonly RecordedRequest[]) {
  const fetched = requests.filter((from) => !needsFetching(from));
  return fetched.flatMap((from) =>
    protocolNames.filter((to) => to !== from.recording.wire).map((to) => ({ from, to })),
  );
}

describe.skipIf(noRecordings !== undefined)(title, () => {
  describe('answers', () => {
    let player: ChatPlayer;

    beforeAll(async () => {
      player = await startChatPlayer({ recordings: answers });
    });
    afterAll(() => player.stop());

    it.each(providers)(
      'of %s say the same in every wire',
      async (provider) => {
        const found: Disagreement[] = [];
        const own = answers.filter((recording) => recording.provider === provider);
        await forEachAtOnce(askedByAll(own), async ({ recording, client }) => {
          const disagreement = disagreementOf(await player.play(recording, client), readingOf(recording));
          counts.addAnswer(provider, client, disagreement === undefined);
          if (disagreement) found.push(disagreement);
        });
        for (const disagreement of found) counts.addReason(reasonOf(disagreement) ?? 'A fault.', disagreement);
        const faults = found.filter((disagreement) => reasonOf(disagreement) === undefined);
        expect(faults.map((fault) => `${placeOf(fault)}: ${fault.about.join(', ')}`).slice(0, 20)).toEqual([]);
      },
      longest,
    );

    it('agree, with few exceptions', () => {
      expect(counts.agreement()).toBeGreaterThanOrEqual(0.995);
    });
  });

  it(
    'errors reach every client in its own wire, with the words that concern it and without the key',
    async () => {
      const faults = await playApart(errors, withKey, (one, { played, target, upstreamUrl }) => {
        const found = faultsOfError({ played, target, upstreamUrl });
        counts.addError(expectedError(one.recording)?.name ?? '', one.client, found.length === 0);
        return found;
      });
      expect(faults).toEqual([]);
    },
    longest,
  );

  it(
    'answers that failed do not reach a client as good ones',
    async () => {
      const faults = await playApart(failed, undefined, (one, { played }) => {
        const found = faultsOfFailedAnswer(played);
        counts.addFailedAnswer(one.client, found.length === 0);
        return found;
      });
      expect(faults).toEqual([]);
    },
    longest,
  );

  describe('requests', () => {
    let asker: ChatAsker;

    beforeAll(async () => {
      asker = await startChatAsker(recordings);
    });
    afterAll(() => asker.stop());

    it(
      'mean the same in every other wire, in a form that its description accepts',
      async () => {
        const requests = distinctRequests(recordings);
        const check = new DescriptionCheck(noDescriptions === undefined ? readDescriptions() : {}, requests);
        const faults: string[] = [];
        await forEachAtOnce(pairedWithOthers(requests), async ({ from, to }) => {
          const translated = await asker.ask(from, to);
          const found = isHeard(translated)
            ? [...faultsOfMeaning(translated), ...check.faultsOf(translated)]
            : faultsOfRefusal(translated);
          counts.addRequest(from.recording.wire, to, isHeard(translated) ? found.length === 0 : undefined);
          faults.push(...found.map((fault) => `${placeOf({ recording: from.recording, client: to })}: ${fault}`));
        });
        expect(faults.slice(0, 20)).toEqual([]);
      },
      longest,
    );

    it(
      'of one scenario become what was recorded for the other provider',
      async () => {
        const pairs = pairsOf(readScenarios(recordings));
        const faults: string[] = [];
        await forEachAtOnce(pairs, async ({ scenario, from, to }) => {
          const translated = await asker.ask(from, to);
          if (!isHeard(translated)) return;
          const found = faultsOfScenario(scenario, translated);
          counts.addScenario(from.recording.wire, to, found.length === 0);
          faults.push(...found.map((fault) => `${scenario.name}, ${from.recording.wire} for ${to}: ${fault}`));
        });
        expect(pairs.length).toBeGreaterThan(1_000);
        expect(faults.slice(0, 20)).toEqual([]);
      },
      longest,
    );
  });

  it('are counted on the page about them', () => {
    expect(checkPage(counts)).toBeUndefined();
  });
});
