import { describe, expect, it } from 'vitest';
import { readPath } from './endpoint.ts';

describe('readPath', () => {
  it.each([
    ['/v1beta/models/gemini-x:generateContent', 'gemini-generate', 'gemini-x', false],
    ['/v1beta/models/f1:a:streamGenerateContent', 'gemini-generate', 'f1:a', true],
    ['/v1beta/models/f8%3Fafter%3D5%3AgenerateContent', 'gemini-generate', 'f8?after=5', false],
    ['/v1beta/tunedModels/t:generateContent', 'gemini-generate', 't', false],
    ['/v1/projects/p/locations/l/publishers/google/models/g:countTokens', 'gemini-count', 'g', false],
    ['/v1beta/models/e:embedContent', 'gemini-embed', 'e', false],
    ['/v1beta/models/e:batchEmbedContents', 'gemini-batch-embed', 'e', false],
    ['/v1beta/models/e:otherMethod', 'other', undefined, undefined],
    ['/model/a.b-v1%3A0/converse', 'bedrock-converse', 'a.b-v1:0', false],
    ['/model/a.b-v1:0/converse-stream', 'bedrock-converse', 'a.b-v1:0', true],
    ['/model/arn:aws:bedrock:r:1:x%2Fy/count-tokens', 'bedrock-count', 'arn:aws:bedrock:r:1:x/y', false],
    ['/prefix/model/x/y/invoke', 'bedrock-invoke', 'x/y', false],
    ['/v2/chat', 'cohere-chat', undefined, undefined],
    ['/prefix/v2/embed', 'cohere-embed', undefined, undefined],
    ['/v2/rerank', 'cohere-rerank', undefined, undefined],
    ['/v1/rerank', 'rerank', undefined, undefined],
    ['/openai/deployments/my%20model/chat/completions', 'chat', 'my model', undefined],
  ] as const)('knows %s', (path, endpoint, model, stream) => {
    expect(readPath('POST', path)).toEqual({ endpoint, model, stream });
  });

  it('reads nothing into other methods', () => {
    expect(readPath('GET', '/v1beta/models/x:generateContent')).toMatchObject({ endpoint: 'model', model: undefined });
  });
});
