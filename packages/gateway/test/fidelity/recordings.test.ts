import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { noRecordings, type RecordedExchange, readRecordings } from './recorded-exchanges.ts';

// What real providers really answered goes through the gateway: none of it may be changed, or be taken for a fault.

const recordings = readRecordings();
const title = noRecordings === undefined ? 'recorded providers' : `recorded providers (skipped: ${noRecordings})`;

describe.skipIf(noRecordings !== undefined)(title, () => {
  it('are there', () => {
    expect(recordings.size).toBeGreaterThan(0);
  });

  for (const [provider, exchanges] of recordings) {
    const answers = exchanges.filter(({ status }) => status === 200);
    if (answers.length > 0) {
      it(`${provider}: ${answers.length} answers pass whole, their tokens counted`, async () => {
        expect((await playAll(answers)).flatMap(faultsOfAnswer)).toEqual([]);
      });
    }

    const errors = exchanges.filter(({ status }) => status >= 400);
    if (errors.length > 0) {
      it(`${provider}: ${errors.length} errors reach the caller as what they are`, async () => {
        // A target that refuses a credential is not asked again for a while, so each error gets a gateway of its own.
        const played: Played[] = [];
        for (const error of errors) played.push(...(await playAll([error])));
        expect(played.flatMap(faultsOfError)).toEqual([]);
      });
    }
  }
});

/** A recorded exchange, and what became of it on its way through the gateway. */
interface Played {
  readonly exchange: RecordedExchange;
  readonly sent: string;
  readonly received: string | undefined;
  readonly status: number;
  readonly body: Buffer;
  /** Its line in the access log. */
  readonly line: Readonly<Record<string, unknown>> | undefined;
}

async function playAll(exchanges: readonly RecordedExchange[]): Promise<Played[]> {
  const simulator = await startSimulator();
  const gateway = await startTestGateway({
    config: {
      backends: [{ url: simulator.url, weight: 1, api_key: 'sk-test', default_model: defaultModel }],
      resilience: { retry: { max_attempts: 1 } },
    },
  });
  try {
    const played: Played[] = [];
    const ids: string[] = [];
    for (const exchange of exchanges) {
      const { id, ...one } = await play(exchange, simulator, gateway);
      played.push({ ...one, line: undefined });
      ids.push(id);
    }
    const lines = new Map((await gateway.settled(ids.length)).map((line) => [line['request_id'], line]));
    return played.map((one, index) => ({ ...one, line: lines.get(ids[index]) }));
  } finally {
    await gateway.stop();
    await simulator.close();
  }
}

async function play(
  exchange: RecordedExchange,
  simulator: Simulator,
  gateway: TestGateway,
): Promise<Omit<Played, 'line'> & { id: string }> {
  const { path, index } = exchange;
  simulator.reset();
  // Every other exchange arrives in chunks that respect no boundary, the rest as it was recorded.
  const chunks = index % 2 === 0 ? { chunkSizes: [1 + ((index * 37) % 997)] } : {};
  simulator.behave({ kind: 'recording', path, index, ...chunks });
  const sent = askForUsage(exchange);
  const response = await fetch(`${gateway.url}/v1/${exchange.tail}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sent,
  });
  const body = Buffer.from(await response.arrayBuffer());
  const received = simulator.attempts[0]?.body.toString('utf8');
  return { exchange, sent, received, status: response.status, body, id: response.headers.get('x-request-id') ?? '' };
}

/** Model of requests that name none, such as those to a deployment that is named in the URL. */
const defaultModel = 'recorded';

/** The recorded request; a chat stream asks for usage too, so that nothing of its reply is hidden. */
function askForUsage({ request, tail, isStream }: RecordedExchange): string {
  if (!isStream || !tail.endsWith('completions') || request.includes('"stream_options"')) return request;
  return request.replace('{', '{"stream_options":{"include_usage":true},');
}

function faultsOfAnswer(played: Played): string[] {
  const { exchange, status, body, line } = played;
  const place = `${exchange.provider} #${exchange.index} ${exchange.tail}${exchange.isStream ? ' stream' : ''}: `;
  if (isFailed(exchange)) return faultsOfFailed(played).map((fault) => place + fault);
  if (status !== 200) return [`${place}status ${status}: ${body.toString('utf8', 0, 300)}`];
  const faults = faultsOfRequest(played);
  const expected = withTerminator(exchange);
  if (!body.equals(expected)) faults.push(`a reply of ${body.length} bytes for one of ${expected.length}`);
  const tokens = line?.['tokens'] as { estimated?: boolean } | undefined;
  const usage = JSON.stringify(usageOf(exchange));
  // What took tokens without saying how many is estimated, and marked so.
  const isEstimated = tokens?.estimated === true && usage === undefined;
  if (!isEstimated && JSON.stringify(tokens) !== usage) faults.push(`tokens ${JSON.stringify(tokens)} for ${usage}`);
  return faults.map((fault) => place + fault);
}

function faultsOfRequest({ sent, received }: Played): string[] {
  const { model } = JSON.parse(sent) as { model?: string };
  const expected = model === undefined ? sent.replace('{', `{"model":"${defaultModel}",`) : sent;
  return received === expected ? [] : [`the request arrived as ${received?.slice(0, 200)}`];
}

/** What failed is an error, or ends in one and in nothing that looks like an end. */
function faultsOfFailed({ status, body }: Played): string[] {
  const text = body.toString('utf8');
  if (status >= 400) return JSON.parse(text).error === undefined ? ['no error in the body'] : [];
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('data: {"error":') ? [] : [`the stream ends with ${last.slice(0, 200)}`];
}

/** What a caller did wrong; other refusals are about the gateway's own credential, its rights or its pace. */
const callersFaults: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/** The caller's own faults come with the provider's words; what is the gateway's affair comes as an error of its own. */
function faultsOfError({ exchange, status, body, received }: Played): string[] {
  const text = body.toString('utf8');
  const place = `${exchange.provider} #${exchange.index} ${exchange.status}: `;
  if (messageOf(text) === undefined) return [`${place}status ${status}, ${text.slice(0, 300)}`];
  // Some of these requests do not pass the gateway's own checks.
  if (received === undefined) return [];
  const words = messageOf(exchange.reply.toString('utf8'));
  if (words === undefined) return [];
  if (callersFaults.has(exchange.status)) {
    return body.equals(exchange.reply) && status === exchange.status ? [] : [`${place}${status} ${text.slice(0, 300)}`];
  }
  const isTold = exchange.status === 401 && text.includes(words);
  return isTold ? [`${place}the caller reads what the provider said of the gateway's key`] : [];
}

function messageOf(body: string): string | undefined {
  const { error } = JSON.parse(body) as { error?: { message?: unknown } };
  return typeof error?.message === 'string' ? error.message : undefined;
}

/** The data of each event, by a reading of its own; for a unary reply the reply. */
function dataOf({ reply, isStream }: RecordedExchange): string[] {
  const text = reply.toString('utf8');
  if (!isStream) return [text];
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim());
}

function objectsOf(exchange: RecordedExchange): Record<string, unknown>[] {
  return dataOf(exchange)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data));
}

/** Streams that reported an error, and whatever ended without a token or a finish. */
function isFailed(exchange: RecordedExchange): boolean {
  const events = objectsOf(exchange);
  if (exchange.isStream && events.some((event) => event['error'] || event['type'] === 'error')) return true;
  if (!exchange.tail.endsWith('completions') || usageOf(exchange)?.output !== 0) return false;
  const choices = events.flatMap((event) => (event['choices'] ?? []) as { finish_reason?: unknown }[]);
  return choices.every((choice) => !choice.finish_reason);
}

/** Some providers leave out the terminator, which clients wait for: the gateway adds it once every choice has finished. */
function withTerminator(exchange: RecordedExchange): Buffer {
  const isChatStream = exchange.isStream && exchange.tail.endsWith('completions');
  if (!isChatStream || dataOf(exchange).includes('[DONE]')) return exchange.reply;
  return Buffer.concat([exchange.reply, Buffer.from('data: [DONE]\n\n')]);
}

function usageOf(exchange: RecordedExchange): { input: number; output: number } | undefined {
  let found: { input: number; output: number } | undefined;
  for (const object of objectsOf(exchange)) {
    const response = object['response'] as { usage?: unknown } | undefined;
    const usage = (object['usage'] ?? response?.usage) as Record<string, number> | null | undefined;
    // Reranking has no answer that would take tokens.
    const all = exchange.tail === 'rerank' ? usage?.['total_tokens'] : undefined;
    const input = usage?.['prompt_tokens'] ?? usage?.['input_tokens'] ?? all;
    const output = usage?.['completion_tokens'] ?? usage?.['output_tokens'];
    if (input === undefined && output === undefined) continue;
    found = { input: (input ?? 0) + soundApart(usage), output: (output ?? 0) + reasoningApart(usage) };
  }
  return found;
}

/** xAI counts reasoning beside the answer; its total, which holds everything, tells. */
function reasoningApart(usage: Readonly<Record<string, unknown>> | null | undefined): number {
  const {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total,
    completion_tokens_details,
  } = usage ?? {};
  const details = completion_tokens_details as { reasoning_tokens?: number } | null | undefined;
  const reasoning = details?.reasoning_tokens ?? 0;
  return total === Number(input) + Number(output) + reasoning ? reasoning : 0;
}

/** Mistral counts sound beside the prompt. */
function soundApart(usage: Readonly<Record<string, unknown>> | null | undefined): number {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total, prompt_tokens_details } = usage ?? {};
  const sound = (prompt_tokens_details as { audio_tokens?: number } | null | undefined)?.audio_tokens ?? 0;
  return total === Number(input) + Number(output) + sound ? sound : 0;
}
