import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolNames } from '../../src/canonical/protocol-name.ts';
import { type Bench, clients, exchange, type Mode, startBench } from './cell.ts';
import { geminiArrayClient } from './client-gemini.ts';
import { scenarios } from './scenarios.ts';
import { bringPage, CellCounts } from './translation-page.ts';
import { closeConnections } from './wire-client.ts';

const modes: readonly Mode[] = ['unary', 'stream'];
const counts = new CellCounts();

describe.each(protocolNames)('answered over %s', (upstream) => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await startBench(upstream);
  });
  afterAll(async () => {
    await bench.stop();
    closeConnections();
    expect(bench.gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  describe.each(protocolNames)('a client of %s', (client) => {
    for (const mode of modes) {
      for (const { title, modes: possible, run } of scenarios) {
        if (!possible.includes(mode)) continue;
        counts.addTried(client, upstream);
        it(`${title}, ${mode}`, async () => {
          await run({ client: clients[client], bench, mode });
          counts.addPassed(client, upstream);
        });
      }
    }
  });

  describe('a client of gemini that takes its stream as one array', () => {
    const cell = () => ({ client: geminiArrayClient, bench, mode: 'stream' as const });

    it('gets it', async () => {
      const words = 'Grüezi in one array: 🎈 done, and more words.';
      const { reply, attempt } = await exchange(cell(), { text: 'Hello!' }, { kind: 'answer', text: words });
      expect(bench.upstream.read(attempt)).toMatchObject({ stream: true, texts: ['Hello!'] });
      const said = geminiArrayClient.readStream(reply);
      expect(said).toMatchObject({ text: words, finish: 'stop' });
      expect(said.pieces).toBeGreaterThan(3);
    });

    it('is told that it broke', async () => {
      const failing = { kind: 'error-event', text: 'One two three four five.', afterTokens: 3 } as const;
      const { reply } = await exchange(cell(), { text: 'Hello!' }, failing);
      const { text, message } = geminiArrayClient.readBrokenStream(reply);
      expect({ text: text.trim(), isTold: message !== '' }).toEqual({ text: 'One two three', isTold: true });
    });
  });
});

describe('docs/translation.md', () => {
  it('tells what passed, which is all', () => {
    expect(counts.whole).toBe(36);
    const { found, wanted } = bringPage(counts.text());
    // With UPDATE_DOCS=1 it is written anew.
    expect(found).toBe(wanted);
  });

  it('lists what is tried', () => {
    const { found } = bringPage(counts.text());
    for (const { title } of scenarios) expect(found).toContain(`- ${title}`);
  });
});
