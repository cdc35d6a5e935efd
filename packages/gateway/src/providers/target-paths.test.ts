import { expect, it } from 'vitest';
import type { Target } from '../routing/target.ts';
import type { TargetEntry } from './build-target.ts';
import type { TargetSection } from './define-provider.ts';
import { buildTarget, makeTargetInput } from './target-input.fixture.ts';

function targetOf(section: TargetSection, name: string | undefined, entry: Partial<TargetEntry>): Target {
  return buildTarget(makeTargetInput({ section, name, entry })).target;
}

it('lie beside chat, by their own tail where they have several', () => {
  const target = targetOf('provider', 'openai', {});
  expect(target.pathOf('embeddings', 'm', 'embeddings')).toBe('/v1/embeddings');
  expect(target.pathOf('images', 'm', 'images/edits')).toBe('/v1/images/edits');
  expect(target.pathOf('images', 'm', 'images/../../files')).toBe('/v1/images/generations');
  expect(target.pathOf('transcription', 'm', 'audio/translations')).toBe('/v1/audio/translations');
  expect(target.pathOf('responses', 'm', 'responses')).toBe('/v1/responses');
  expect(target.pathOf('moderation', undefined, 'moderations')).toBe('/v1/moderations');
});

it('are found beside a backend that is laid out as usual only', () => {
  const usual = targetOf('backend', undefined, { baseUrl: 'http://h/openai' });
  expect(usual.pathOf('embeddings', 'm', 'embeddings')).toBe('/openai/v1/embeddings');
  const unusual = targetOf('backend', undefined, { baseUrl: 'http://h', chatPath: '/generate' });
  expect(unusual.pathOf('chat', 'm', 'chat/completions')).toBe('/generate');
  expect(unusual.pathOf('embeddings', 'm', 'embeddings')).toBeUndefined();
});

it('are missing where a provider does not have them', () => {
  expect(targetOf('provider', 'anthropic', {}).pathOf('embeddings', 'm', 'embeddings')).toBeUndefined();
});

it('belong to a deployment under a dated version', () => {
  const target = targetOf('provider', 'azure', { baseUrl: 'https://r.openai.azure.com', apiVersion: '2024-10-21' });
  expect(target.pathOf('embeddings', 'a/b', 'embeddings')).toBe(
    '/openai/deployments/a%2Fb/embeddings?api-version=2024-10-21',
  );
  expect(target.pathOf('responses', 'm', 'responses')).toBe('/openai/responses?api-version=2024-10-21');
  expect(target.pathOf('chat', '..', 'chat/completions')).toBeUndefined();
  expect(target.proxyQuery).toBe('api-version=2024-10-21');
});

it.each(['../files', 'a/../../b', '%2e%2e/x', 'a%2fb', 'a%252fb', '/etc', 'a//b', 'a?b', 'a\\b', '', './a'])(
  'keeps a proxied tail below the base: %j',
  (tail) => {
    for (const entry of [{ apiVersion: undefined }, { apiVersion: '2024-10-21' }]) {
      const azure = targetOf('provider', 'azure', { baseUrl: 'https://r.openai.azure.com', ...entry });
      expect(azure.pathOf('proxy', 'm', tail)).toBeUndefined();
    }
    expect(targetOf('provider', 'openai', {}).pathOf('proxy', 'm', tail)).toBeUndefined();
    expect(targetOf('backend', undefined, { baseUrl: 'http://h' }).pathOf('proxy', 'm', tail)).toBeUndefined();
  },
);

it('joins a proxied tail to the base', () => {
  const target = targetOf('pool', 'openrouter', { baseUrl: 'https://openrouter.ai/api/v1' });
  expect(target.proxyBase).toBe('/api/v1');
  expect(target.pathOf('proxy', 'm', 'files/abc%20d')).toBe('/api/v1/files/abc%20d');
});
