import { answerText } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { type ClientBench, clientKey, model, models, startClientBench } from './client-bench.ts';
import type { ClientLibrary, JsonSchema, LibraryClient, ToolAsk } from './client-library.ts';
import { readUpstreamAsk } from './upstream-asks.ts';

/** A red dot. */
const base64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==';

const citySchema: JsonSchema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const townSchema: JsonSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city', 'people'],
  additionalProperties: false,
};

const weather: Omit<ToolAsk, 'mode'> = {
  text: 'What is the weather?',
  tool: { name: 'get_weather', description: 'Weather of a city', schema: citySchema },
  run: (input) => `Rain in ${(input as { city: string }).city}.`,
};

/** Wires whose upstreams refuse thoughts that do not come back with what proves them. */
const signingWires: ReadonlySet<ProtocolName> = new Set(['anthropic-messages', 'gemini', 'bedrock-converse']);
const signature = Buffer.from('A signature of the provider').toString('base64');

export interface SuiteOptions {
  /** Whose dialect an upstream speaks, where it is not the one of the wire's inventor. */
  readonly kinds?: Readonly<Partial<Record<ProtocolName, string>>>;
}

/** What works with a client library, whatever wire the provider behind the gateway speaks. */
export function describeLibrary(
  library: ClientLibrary,
  upstreams: readonly ProtocolName[],
  { kinds = {} }: SuiteOptions = {},
): void {
  describe.each(upstreams)(`${library.name}, answered over %s`, (upstream) => {
    let bench: ClientBench;
    let client: LibraryClient;

    beforeEach(async () => {
      bench = await startClientBench(upstream, kinds[upstream]);
      client = library.connect({ url: bench.url, key: clientKey, model });
    });
    afterEach(async () => {
      await bench.stop();
      expect(bench.gateway.logLines.filter(({ level }) => level === 'ERROR')).toEqual([]);
    });

    const asked = (index = 0) => readUpstreamAsk(upstream, bench.simulator.attempts[index]!);

    // Libraries that cannot list models have nothing to test here.
    if (library.connect({ url: 'http://127.0.0.1', key: 'none', model }).listModels) {
      it('lists models', async () => {
        expect([...(await client.listModels!())].sort()).toEqual([...models].sort());
      });
    }

    it('answers', async () => {
      expect(await client.ask({ text: 'Hello!' })).toEqual({ text: answerText(60), outputTokens: 60 });
      expect(bench.simulator.attempts[0]!.rawHeaders.join('\n')).not.toContain(clientKey);
    });

    it('streams, piece by piece', async () => {
      const { pieces, said } = await collect(client.stream({ text: 'Hello!' }));
      expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(20);
      expect(pieces.join('')).toBe(answerText(60));
      expect(said.text).toBe(answerText(60));
      if (library.streamUsage !== 'untold') expect(said.outputTokens).toBe(60);
      expect((await bench.gateway.settled(1))[0]).toMatchObject({ stream: true, status: 200 });
    });

    it('reads a stream however it is cut', async () => {
      bench.simulator.behave({ kind: 'answer', chunking: [1, 2, 3, 5, 7, 11, 13] });
      const { said } = await collect(client.stream({ text: 'Hello!' }));
      expect(said.text).toBe(answerText(60));
    });

    it('is told how to behave', async () => {
      await client.ask({ system: 'Be brief.', text: 'Hello!' });
      expect(asked().system).toBe('Be brief.');
    });

    it('shows a picture', async () => {
      await client.ask({ text: 'What is it?', image: { type: 'image/png', base64 } });
      expect(asked().images).toEqual([`image/png;base64,${base64}`]);
    });

    const callTools = async (mode: ToolAsk['mode'], reasoning?: string) => {
      const toolCalls = ['Zürich', 'Oslo'].map((city) => ({ name: 'get_weather', arguments: { city } }));
      bench.simulator.script([{ kind: 'answer', toolCalls, ...(reasoning && { reasoning, signature }) }]);
      const round = await client.useTools({ ...weather, mode });
      expect(round.calls).toEqual(toolCalls.map(({ name, arguments: input }) => ({ name, input })));
      expect(round.text).toBe(answerText(60));
      expect(asked().tools).toEqual(['get_weather']);
      const { calls, results } = asked(1);
      expect(calls).toHaveLength(2);
      expect(results.map((result) => result.split(' ', 1)[0])).toEqual(calls.map((call) => call.split(' ', 1)[0]));
      expect(results.map((result) => /Rain in (\S+)\./.exec(result)?.[1])).toEqual(['Zürich', 'Oslo']);
    };
    const modes = library.streamedCalls ? (['unary'] as const) : (['unary', 'streamed'] as const);

    it.each(modes)('calls tools side by side and goes on with their results, %s', (mode) => callTools(mode));

    it.each(modes)('goes on after a thought, which comes back as it was, %s', async (mode) => {
      await callTools(mode, 'They want to know the weather.');
      if (library.thoughts === 'forgotten' || !signingWires.has(upstream)) return;
      expect(bench.simulator.attempts[1]!.body.toString('utf8')).toContain(signature);
    });

    it('answers in the shape that was asked for', async () => {
      expect(await client.askForJson('Which city?', townSchema)).toEqual({ city: 'Zürich', people: 7 });
    });

    it('hears a refusal', async () => {
      bench.simulator.behave({ kind: 'answer', refusal: 'I will not.' });
      const whole = await client.ask({ text: 'Hello!' });
      const { said } = await collect(client.stream({ text: 'Hello!' }));
      // Some wires have a place of its own for it, and Gemini says nothing at all.
      expect(['', 'I will not.']).toContain(whole.text);
      expect(said.text).toBe(whole.text);
      expect(await bench.gateway.settled(2)).toMatchObject([{ status: 200 }, { status: 200 }]);
    });

    // Limits of messages are not checked on responses.
    it('is told what was wrong with a request', async () => {
      const failure = client.failureOf(await thrown(() => client.ask({ text: 'a'.repeat(5_001) })));
      expect(failure).toMatchObject({ status: 400, message: expect.stringContaining('5000 characters') });
      expect(bench.simulator.attempts).toHaveLength(0);
    });

    it('is told why the provider refused a request', async () => {
      bench.simulator.behave('f12');
      const failure = client.failureOf(await thrown(() => client.ask({ text: 'Hello!' })));
      expect(failure).toMatchObject({
        status: 400,
        message: expect.stringMatching(/too long|context|too many tokens|token count/),
      });
    });

    it('is told that a request was too much, and when to come again', async () => {
      bench.simulator.behave({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
      const failure = client.failureOf(await thrown(() => client.ask({ text: 'Hello!' })));
      expect(failure.status).toBe(429);
      if ('retryAfter' in failure) expect(failure.retryAfter).toBe('7');
    });

    it('is told that its key is wrong', async () => {
      const stranger = library.connect({ url: bench.url, key: 'another-key', model });
      const failure = stranger.failureOf(await thrown(() => stranger.ask({ text: 'Hello!' })));
      expect(failure).toMatchObject({ status: 401, message: expect.stringContaining('not one of this gateway') });
      expect(bench.simulator.attempts).toHaveLength(0);
    });

    it.each([
      ['broke', { kind: 'truncate', afterTokens: 30, clean: false }],
      ['ended too early', { kind: 'truncate', afterTokens: 30, clean: true }],
      ['failed', { kind: 'error-event', afterTokens: 30 }],
    ] as const)('is told that a stream %s', async (_what, fault) => {
      bench.simulator.behave(fault);
      const pieces: string[] = [];
      const read = async () => {
        for await (const piece of client.stream({ text: 'Hello!' })) pieces.push(piece);
      };
      expect(await thrown(read)).toBeInstanceOf(Error);
      expect(pieces.join('')).toBe(answerText(30));
    });

    it('leaves a stream, and so does the gateway', async () => {
      bench.simulator.behave({ kind: 'answer', tokens: 1_000, gapMs: 20 });
      const leaving = new AbortController();
      const stream = client.stream({ text: 'Hello!' }, leaving.signal);
      expect((await stream.next()).done).toBe(false);
      leaving.abort();
      await thrown(() => collect(stream)).catch(() => {});
      await bench.simulator.waitUntil(() => bench.simulator.attempts[0]!.outcome === 'client_closed');
      expect((await bench.gateway.settled(1))[0]).toMatchObject({ status: 499 });
    });
  });
}

async function collect<Result>(stream: AsyncGenerator<string, Result>) {
  const pieces: string[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done) return { pieces, said: next.value };
    pieces.push(next.value);
  }
}

async function thrown(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}
