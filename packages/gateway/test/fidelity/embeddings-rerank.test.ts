import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject, objectsIn } from '../../src/canonical/json.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import type { EmbeddingRequest, EmbeddingWireName } from '../../src/protocols/embeddings/embedding-wire.ts';
import { findEmbeddingWire } from '../../src/protocols/embeddings/find-embedding-wire.ts';
import { textInput } from '../../src/protocols/embeddings/inputs.ts';
import { findRerankWire } from '../../src/protocols/rerank/find-rerank-wire.ts';
import type { RerankWireName } from '../../src/protocols/rerank/rerank-wire.ts';

const folder = process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const missing = existsSync(folder) ? undefined : `no recordings in ${folder}`;

interface Exchange {
  readonly provider: string;
  readonly url: string;
  readonly request: JsonObject;
  readonly reply: JsonObject;
}

/** Which wire an address speaks. */
const embeddingWires: readonly (readonly [RegExp, EmbeddingWireName])[] = [
  [/\/embeddings(\?|$)/, 'openai'],
  [/:embedContent|:batchEmbedContents/, 'gemini'],
  [/\/v2\/embed$/, 'cohere'],
  [/amazon\.titan-embed-text-v2:0\/invoke$/, 'bedrock-titan'],
  [/cohere\.embed-v4:0\/invoke$/, 'bedrock-cohere'],
];

/** Exchanges that show embeddings in a wire that is not spoken here, and why. */
const otherWires: readonly (readonly [RegExp, string])[] = [
  [/localhost:11434\/api\/embed$/, 'Ollama’s own wire; it speaks OpenAI’s below /v1'],
  [/text-embedding-004:predict$/, 'Vertex AI’s own wire'],
  [/nova-2-multimodal-embeddings/, 'Amazon Nova’s own body'],
  [/cohere\.embed-english-v3\/invoke$/, 'its recorder kept the reply as it had rewritten it, not as Bedrock sent it'],
];

function readExchanges(wanted: RegExp): readonly Exchange[] {
  if (missing !== undefined) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));
  return files.flatMap((name) =>
    gunzipSync(readFileSync(`${folder}/${name}`))
      .toString('utf8')
      .split('\n')
      .filter((line) => wanted.test(line.slice(0, 2000)))
      .flatMap((line) => decodeLine(name.replace('.jsonl.gz', ''), line, wanted)),
  );
}

function decodeLine(provider: string, line: string, wanted: RegExp): Exchange[] {
  const { url, req, res, status } = JSON.parse(line) as Record<string, unknown>;
  if (status !== 200 || !wanted.test(String(url)) || typeof req !== 'string' || typeof res !== 'string') return [];
  const request = parseExact(req);
  // Some recorders kept the chunked framing.
  const reply = parseExact(res.slice(res.indexOf('{'), res.lastIndexOf('}') + 1));
  return isObject(request) && isObject(reply) ? [{ provider, url: String(url), request, reply }] : [];
}

const embeddings = readExchanges(/embed/i);
const reranks = readExchanges(/rerank/);

function wireOf(url: string): EmbeddingWireName | undefined {
  return embeddingWires.find(([pattern]) => pattern.test(url))?.[1];
}

/** An independent reading of an answer's vectors. */
function vectorsIn(reply: JsonObject): unknown[] {
  const { data, embedding, embeddings } = reply;
  const byType = isObject(embeddings) ? embeddings['float'] : embeddings;
  const lists = data ?? (embedding === undefined ? byType : [embedding]);
  return (lists as unknown[]).map((item) => {
    if (!isObject(item)) return item;
    return item['embedding'] ?? item['values'];
  });
}

const numbersOf = (values: unknown): number[] => (values as unknown[]).map(Number);

/** A request of a wire that only upstreams speak, made by hand. */
function requestOf(body: JsonObject): EmbeddingRequest {
  const texts = (body['texts'] as string[] | undefined) ?? [String(body['inputText'])];
  return {
    model: undefined,
    inputs: texts.map((text, index) => textInput(text, `texts[${index}]`)),
    isSingle: false,
    dimensions: (body['dimensions'] ?? body['output_dimension']) as number | undefined,
    encodingFormat: undefined,
    purpose: 'document',
    truncate: undefined,
    user: undefined,
    unknownMembers: [],
  };
}

describe.skipIf(missing !== undefined)(`recorded embeddings (${missing ?? 'all'})`, () => {
  it('are all in a wire that is known, or known not to be', () => {
    const unknown = embeddings.filter(({ url }) => !wireOf(url) && !otherWires.some(([pattern]) => pattern.test(url)));
    expect(unknown.map(({ url }) => url)).toEqual([]);
  });

  it('say the same when their requests are read and written', () => {
    let count = 0;
    for (const { url, request } of embeddings) {
      const name = wireOf(url);
      if (!name) continue;
      const { client, upstream } = findEmbeddingWire(name);
      const read = client?.decodeRequest(request) ?? requestOf(request);
      const model = read.model ?? undefined;
      const written = parseExact(upstream.encodeRequest(read, { model: model ?? 'm' }).toString()) as JsonObject;
      // The deployment in the path names the model on Azure.
      const { model: sent, ...rest } = written;
      const { model: asked, ...expected } = request;
      if (asked !== undefined) expect(sent).toBe(asked);
      // Defaults of Bedrock's models: `normalize` is true, and types of numbers are float.
      const { normalize: _, ...plain } = expected;
      const types = name === 'bedrock-cohere' ? { embedding_types: ['float'] } : {};
      expect(rest).toEqual({ ...plain, ...types });
      expect(read.unknownMembers).toEqual([]);
      count++;
    }
    console.log(`embedding requests: ${count}`);
    expect(count).toBeGreaterThan(55);
  });

  it('have every vector when their answers are read and written', () => {
    const counts = new Map<string, number>();
    for (const { provider, url, request, reply } of embeddings) {
      const name = wireOf(url);
      if (!name) continue;
      const { client, upstream } = findEmbeddingWire(name);
      const read = client?.decodeRequest(request) ?? requestOf(request);
      const expected = vectorsIn(reply);
      // Its vectors are numbers of eight bits, always in base64.
      const base64Numbers = provider === 'perplexity' ? 'int8' : 'float32';
      const answer = upstream.decodeAnswer(reply, { count: read.inputs.length, base64Numbers });
      expect(answer.vectors).toHaveLength(expected.length);
      if (name === 'openai') expect(answer.usage?.input).toBe((reply['usage'] as JsonObject)['prompt_tokens']);
      counts.set(provider, (counts.get(provider) ?? 0) + 1);
      for (const [index, vector] of answer.vectors.entries()) {
        const value = expected[index];
        if (Array.isArray(value)) expect(Array.from(vector)).toEqual(numbersOf(value));
        else if (base64Numbers === 'int8') expect(Buffer.from(Int8Array.from(vector)).toString('base64')).toBe(value);
      }
      if (client && base64Numbers === 'float32') {
        const context = { id: 'x', model: 'm', request: read };
        const written = parseExact(client.encodeAnswer(answer, context).toString()) as JsonObject;
        const again = vectorsIn(written).map((value) => (Array.isArray(value) ? numbersOf(value) : value));
        expect(again).toEqual(expected.map((value) => (Array.isArray(value) ? numbersOf(value) : value)));
      }
    }
    console.log(`embedding answers: ${[...counts].map(([provider, count]) => `${provider} ${count}`).join(', ')}`);
  });

  it('lists what it leaves out', () => {
    for (const [pattern, reason] of otherWires) {
      const count = embeddings.filter(({ url }) => pattern.test(url)).length;
      console.log(`left out: ${count} × ${reason}`);
      expect(count).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(missing !== undefined)(`recorded rerankings (${missing ?? 'all'})`, () => {
  it('say the same when they are read and written', () => {
    for (const { provider, request, reply } of reranks) {
      const name: RerankWireName = provider === 'cohere' ? 'cohere' : 'jina';
      const { client, upstream } = findRerankWire(name);
      const read = client.decodeRequest(request);
      const written = parseExact(upstream.encodeRequest(read, { model: read.model ?? '' }).toString()) as JsonObject;
      // The gateway has the documents itself and does not ask for them.
      const { return_documents: _, ...rest } = written;
      expect(rest).toEqual(request);
      const answer = upstream.decodeAnswer(reply, read);
      const again = parseExact(client.encodeAnswer(answer, { id: 'x', model: 'm', request: read }).toString());
      expect(objectsIn((again as JsonObject)['results'])).toEqual(objectsIn(reply['results']));
    }
    console.log(`rerankings: ${reranks.length}`);
    expect(reranks.length).toBeGreaterThanOrEqual(3);
  });
});
