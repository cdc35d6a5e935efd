import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/gateway-config.ts';
import { compile, rule, whereTo } from './catalog.fixture.ts';
import { makeConfig, makeProvider } from './gateway-config.fixture.ts';

describe('providers', () => {
  const rules = [
    rule('claude', "model starts_with 'claude'", 'anthropic'),
    rule('gpt', "model starts_with 'gpt'", 'openai'),
  ];
  const providers = [
    makeProvider('openai'),
    makeProvider('anthropic'),
    makeProvider('azure_openai', { baseUrl: 'https://r.openai.azure.com' }),
    makeProvider('mine', { baseUrl: 'http://localhost:1/v1', models: new Map([['gpt-4o', 'local-4o']]) }),
    makeProvider('off', { baseUrl: 'http://localhost:2/v1', enabled: false }),
  ];

  it('fall back to those that can serve the model', () => {
    const catalog = compile(makeConfig({ providers, routing: { rules, defaultProvider: 'openai' } }));
    expect(whereTo(catalog, 'gpt-5')).toBe('rule:gpt: openai > azure_openai');
    expect(whereTo(catalog, 'claude-3')).toBe('rule:claude: anthropic');
    expect(whereTo(catalog, 'other')).toBe('default_provider: openai');
    // Declared by one, known by reputation to others.
    expect(whereTo(catalog, 'gpt-4o')).toBe('model: mine > openai azure_openai');
  });

  it('do not fall back when it is off', () => {
    const routing = { rules, defaultProvider: 'openai', fallbackEnabled: false };
    const catalog = compile(makeConfig({ providers, routing }));
    expect(whereTo(catalog, 'gpt-5')).toBe('rule:gpt: openai');
    expect(whereTo(catalog, 'gpt-4o')).toBe('model: mine');
  });

  it('are chosen by what they are known for when nothing else says', () => {
    const catalog = compile(makeConfig({ providers: providers.slice(0, 2) }));
    expect(whereTo(catalog, 'claude-3-5-sonnet')).toBe('provider: anthropic');
    expect(whereTo(catalog, 'gpt-4o')).toBe('provider: openai');
    expect(whereTo(catalog, 'llama')).toBe('model_not_found');
    expect(whereTo(compile(makeConfig({ providers: providers.slice(0, 1) })), 'llama')).toBe('provider: openai');
  });

  it('share load only when a strategy asks for it', () => {
    const two = [makeProvider('openai'), makeProvider('azure', { baseUrl: 'https://r.openai.azure.com' })];
    expect(whereTo(compile(makeConfig({ providers: two })), 'gpt-5')).toBe('provider: openai > azure');
    const shared = makeConfig({ providers: two, routing: { strategy: 'least_connections' } });
    expect(whereTo(compile(shared), 'gpt-5')).toBe('provider: openai azure');
  });

  it('that a rule or a prefix names but that are disabled give way or say so', () => {
    const routing = { rules: [rule('off', '*', 'off')], fallbackEnabled: false };
    expect(whereTo(compile(makeConfig({ providers, routing })), 'm')).toBe('rule:off: ');
    const catalog = compile(makeConfig({ providers, routing: { defaultProvider: 'openai', fallbackEnabled: false } }));
    expect(whereTo(catalog, 'off/m')).toBe('default_provider: openai');
    expect(whereTo(catalog, 'Azure-OpenAI/m')).toBe('prefix: azure_openai');
  });
});

describe('rules', () => {
  const providers = [makeProvider('openai'), makeProvider('anthropic', { defaultModel: 'claude' })];

  it('may look at other things than the model, for requests without one as well', () => {
    const rules = [rule('team', "header.x-team == 'blue' or tenant == 'blue'", 'anthropic')];
    const routing = { rules, defaultProvider: 'openai', fallbackEnabled: false };
    const catalog = compile(makeConfig({ providers, routing }));
    const blue = { header: (name: string) => (name === 'x-team' ? 'blue' : undefined) };
    expect(whereTo(catalog, 'm')).toBe('default_provider: openai');
    expect(whereTo(catalog, 'm', blue)).toBe('rule:team: anthropic');
    expect(whereTo(catalog, 'm', { tenant: 'blue' })).toBe('rule:team: anthropic');
    expect(whereTo(catalog, 'm')).toBe('default_provider: openai');
    expect(whereTo(catalog, undefined, blue)).toBe('rule:team: anthropic');
    expect(whereTo(catalog, undefined)).toBe('model_required');
  });

  it('that cannot be understood are all told, with their names and positions', () => {
    const rules = [rule('one', "model starts 'x'", 'openai'), rule('two', '*', 'nobody')];
    const attempt = () => compile(makeConfig({ providers, routing: { rules } }));
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(/routing rule 'one': condition "model starts 'x'": .* at position 7/);
    expect(attempt).toThrow(/routing rule 'two': target_provider 'nobody' is not a configured provider/);
    const slip = { rules: [rule('three', '*', 'antropic')], defaultProvider: 'opeai' };
    expect(() => compile(makeConfig({ providers, routing: slip }))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Did you mean `anthropic`?'),
        warnings: [expect.objectContaining({ message: expect.stringContaining('Did you mean `openai`?') })],
      }),
    );
  });
});
