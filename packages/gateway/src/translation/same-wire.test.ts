import { describe, expect, it } from 'vitest';
import { isObject } from '../canonical/json.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { writeSignature } from '../protocols/gemini/signatures.ts';
import { cross } from './crossings.fixture.ts';
import { wholeRequests } from './same-wire.fixture.ts';
import { readConversation, translateRequest } from './translation.ts';

/** What belongs to the caller, not to the wire: anything may stand in it. */
const opaque = /\.(?:schema|parameters|input_schema|parametersJsonSchema|json|input|args|response|data)$/;
const news = 'newer';
const value = { deep: [1, { a: 'b' }] };

/** Paths of all objects of a body, as `messages.0.content`. */
function placesIn(holder: unknown, path = ''): string[] {
  if (opaque.test(path)) return [];
  if (Array.isArray(holder)) return holder.flatMap((item, index) => placesIn(item, `${path}.${index}`));
  if (!isObject(holder)) return [];
  return [path, ...Object.keys(holder).flatMap((key) => placesIn(holder[key], `${path}.${key}`))];
}

/** The body with one member more in one of its objects. */
function withNews(body: object, path: string): object {
  const copy: object = structuredClone(body);
  let holder = copy as Record<string, unknown>;
  for (const key of path.split('.').slice(1)) holder = holder[key] as Record<string, unknown>;
  holder[news] = value;
  return copy;
}

function countIn(text: string): number {
  return text.split(JSON.stringify(value)).length - 1;
}

/** A body without the entries that only some wires have words for. */
function commonPart(body: object): object {
  const rare = /"(?:custom|custom_tool_call|custom_tool_call_output|input_audio|file|input_file|fileData|c2)"/;
  return JSON.parse(JSON.stringify(body), (_, inner: unknown) =>
    Array.isArray(inner) ? inner.filter((item) => !rare.test(JSON.stringify(item))) : inner,
  );
}

/** What is left of a body without it: where it stood alone there is nothing, and a text alone is one however it is written. */
function withoutNews(text: string): unknown {
  return JSON.parse(text, (key, inner: unknown) => {
    if (key === news) return undefined;
    if (!Array.isArray(inner)) return inner;
    const said = inner.filter((item) => !isObject(item) || Object.keys(item).length > 0);
    const [only] = said;
    return said.length === 1 && isObject(only) && Object.keys(only).join() === 'type,text' ? only['text'] : said;
  });
}

describe.each(protocolNames)('a member that nobody knows in a request of %s', (wire) => {
  const body = wholeRequests[wire];
  const places = placesIn(body);

  it.each(places)('is kept at "%s" where the request is written anew for its own wire', async (place) => {
    const { text, dropped } = await cross({ from: wire, to: wire, body: withNews(body, place) });
    expect(countIn(text)).toBe(1);
    expect(dropped.filter((name) => name.includes(news))).toEqual([]);
  });

  it('changes nothing else there', async () => {
    const plain = await cross({ from: wire, to: wire, body });
    for (const place of places) {
      const { text } = await cross({ from: wire, to: wire, body: withNews(body, place) });
      expect(withoutNews(text), place).toEqual(withoutNews(plain.text));
    }
  });

  it('is told to no other wire', async () => {
    const common = commonPart(body);
    for (const to of protocolNames.filter((name) => name !== wire)) {
      for (const place of placesIn(common)) {
        const { text } = await cross({ from: wire, to, body: withNews(common, place) });
        expect(countIn(text), `${place} to ${to}`).toBe(0);
      }
    }
  });
});

describe('what was edited beside a member that nobody knows', () => {
  const readGemini = (part: object) => {
    const body = { contents: [{ role: 'user', parts: [part] }] };
    const facts = findProtocol('gemini').client.readFacts(body);
    return readConversation('gemini', Buffer.from(JSON.stringify(body)), facts);
  };

  it('stays edited: a token of another wire is not sent to Google', async () => {
    const thoughtSignature = writeSignature({ origin: 'anthropic-messages', value: 'EqQB' });
    const parts = [{ text: 'Hi.', thoughtSignature, [news]: value }];
    const { text } = await cross({ from: 'gemini', to: 'gemini', body: { contents: [{ role: 'model', parts }] } });
    expect(JSON.parse(text)).toEqual({ contents: [{ role: 'model', parts: [{ text: 'Hi.', [news]: value }] }] });
  });

  it('stays edited: an image that was fetched keeps its resolution', async () => {
    const mediaResolution = { level: 'MEDIA_RESOLUTION_HIGH' };
    const fileData = { mimeType: 'image/png', fileUri: 'https://example.org/a.png' };
    const { body } = await translateRequest({
      conversation: readGemini({ fileData, mediaResolution }),
      client: 'gemini',
      upstream: 'gemini',
      model: 'gemini-2.5-pro',
      quirks: {},
      maxOutputTokens: undefined,
      fetchMedia: () => Promise.resolve({ mediaType: 'image/png', data: Buffer.from('png') }),
    });
    const [{ parts }] = (JSON.parse(body.toString()) as { contents: [{ parts: unknown }] }).contents;
    expect(parts).toEqual([{ inlineData: { mimeType: 'image/png', data: 'cG5n' }, mediaResolution }]);
  });

  it('is not more than it was: many such members take no longer than as many parts', async () => {
    const part = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`newer${index}`, index]));
    const body = { contents: [{ role: 'user', parts: [{ text: 'Hi.', ...part }] }] };
    const { sent } = await cross({ from: 'gemini', to: 'gemini', body });
    expect(sent).toEqual(body);
  });
});
