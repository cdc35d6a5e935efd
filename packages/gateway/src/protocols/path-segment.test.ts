import { describe, expect, it } from 'vitest';
import { findEmbeddingWire } from './embeddings/find-embedding-wire.ts';
import { protocols } from './registry.gen.ts';
import { findTokenCounting } from './token-counting.ts';

const request = findEmbeddingWire('openai').client!.decodeRequest({ model: 'm', input: 'x' });
const embeddings = (['gemini', 'bedrock-titan', 'bedrock-cohere'] as const).map((name) => ({
  what: `embeddings of ${name}`,
  pathOf: (model: string) => findEmbeddingWire(name).upstream.pathOf({ model, request }),
}));
const chats = protocols
  .filter(({ upstream }) => upstream.modelIn === 'path')
  .flatMap(({ name, upstream }) => [
    { what: name, pathOf: (model: string) => upstream.pathOf({ model, stream: false }) },
    {
      what: `counts of ${name}`,
      pathOf: (model: string) => findTokenCounting(name)?.pathBeside(upstream.pathOf({ model, stream: false })!),
    },
  ]);

describe.each([...embeddings, ...chats])('a model in the path of $what', ({ pathOf }) => {
  it.each(['..', 'a/../../files', 'a/./b', 'a//b', '/', './'])('cannot lead elsewhere: %j', (model) => {
    let path: string | undefined;
    try {
      path = pathOf(model);
    } catch (error) {
      expect(error).toMatchObject({ kind: 'invalid_request', param: 'model' });
      return;
    }
    const { pathname } = new URL(path!, 'http://upstream.test');
    expect(pathname + new URL(path!, 'http://upstream.test').search).toBe(path);
    expect(path).not.toMatch(/\/\.{0,2}\//);
  });

  it('was left as it is, with a space or a question mark, where embeddings are asked for', () => {
    expect(pathOf('a b?c#d')).toContain('a%20b%3Fc%23d');
  });
});
