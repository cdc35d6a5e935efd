import { describe, expect, it } from 'vitest';
import { findProvider, findProviderByHost, findProviderByName } from './find-provider.ts';
import { providerDefinitions } from './registry.gen.ts';
import { buildTarget, makeTargetInput } from './target-input.fixture.ts';

it('knows no name, alias or host twice', () => {
  const names = providerDefinitions.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  const hosts = providerDefinitions.flatMap((definition) => definition.hosts);
  expect(new Set(hosts).size).toBe(hosts.length);
});

describe.each(providerDefinitions)('$name', (definition) => {
  it('is found by its names and its hosts', () => {
    for (const name of [definition.name, ...definition.aliases]) {
      expect(findProviderByName(name.replaceAll('-', '_').toUpperCase())).toBe(definition);
    }
    for (const host of definition.hosts) {
      expect(findProviderByHost(host)).toBe(definition);
      expect(findProviderByHost(`eu.${host}`)).toBe(definition);
      expect(findProviderByHost(`evil-${host}`)).not.toBe(definition);
    }
  });

  it('is usable with nothing but a key, when it has a base URL', () => {
    const { target } = buildTarget(makeTargetInput({ name: definition.name, entry: { apiKey: 'key' } }));
    const hasAddress =
      (definition.baseUrl ?? definition.addressOf?.({ region: undefined, environment: {} })) !== undefined;
    expect(target.unusable === undefined).toBe(hasAddress);
    if (definition.baseUrl !== undefined) {
      expect(target.pathOf('chat', 'm', 'chat/completions')).toMatch(/\/chat\/completions$/);
      expect(new URL(definition.baseUrl).pathname.endsWith(definition.version) || definition.join === 'bare').toBe(
        true,
      );
    }
  });
});

it('lets a host with a layout of its own decide, then the kind, then the host, then the name', () => {
  const find = (name?: string, kind?: string, hostname?: string) => findProvider({ name, kind, hostname }).name;
  expect(find('x', 'groq', 'r.openai.azure.com')).toBe('azure-openai');
  expect(find('openai', 'groq', 'openrouter.ai')).toBe('groq');
  expect(find('openai', undefined, 'openrouter.ai')).toBe('openrouter');
  expect(find('azure', undefined, '127.0.0.1')).toBe('azure-openai');
  expect(find('mine', 'unheard-of', '127.0.0.1')).toBe('openai-compatible');
});
