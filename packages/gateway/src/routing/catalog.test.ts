import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../canonical/gateway-error.ts';
import { buildTarget } from '../providers/target-input.fixture.ts';
import { compile, resolve, rule, whereTo } from './catalog.fixture.ts';
import { compileCatalog } from './catalog.ts';
import { makeBackend, makeConfig, makePool, makePoolProvider, makeProvider } from './gateway-config.fixture.ts';
import { makePickFacts } from './pick-facts.fixture.ts';
import { createPickers } from './pickers.ts';
import { makeSurroundings } from './surroundings.fixture.ts';
import { makeFacts, makeTarget } from './target.fixture.ts';

it('type of a provider in a pool had no effect: it decides the wire at a host that nobody knows', () => {
  const providers = [makePoolProvider('mine', { kind: 'anthropic' }), makePoolProvider('yours')];
  const { targets } = compile(makeConfig({ models: [makePool('m', providers)] }));
  expect([...targets.values()].map(({ kind, chat }) => [kind, chat.map(({ protocol }) => protocol)[0]])).toEqual([
    ['anthropic', 'anthropic-messages'],
    ['openai-compatible', 'openai-chat'],
  ]);
});

describe('order of resolution', () => {
  const catalog = compile(
    makeConfig({
      models: [makePool('pooled', [makePoolProvider('azure'), makePoolProvider('deepseek')], 'pool-model')],
      vllmBackends: [
        { model: 'org/local', urls: ['http://gpu:8000'] },
        { model: 'pooled', urls: ['http://gpu:8000'] },
      ],
      providers: [
        makeProvider('openai', { models: new Map([['fast', 'gpt-fast']]) }),
        makeProvider('anthropic', { models: new Map([['claude-own', 'claude-own-1']]) }),
        makeProvider('openrouter'),
      ],
      routing: {
        defaultProvider: 'openai',
        fallbackEnabled: false,
        rules: [
          rule('late', "model starts_with 'claude'", 'openai', 20),
          rule('early', "model starts_with 'claude'", 'anthropic', 10),
          rule('tie', "model starts_with 'claude-3'", 'openai', 10),
          rule('slash', "model == 'org/ruled'", 'anthropic', 5),
        ],
      },
    }),
  );

  it.each([
    ['pooled', 'model: pooled/azure pooled/deepseek'],
    ['pool-model', 'model: pooled/azure pooled/deepseek'],
    ['org/local', 'model: org/local/vllm'],
    ['fast', 'model: openai'],
    ['claude-3-5-sonnet', 'rule:early: anthropic'],
    ['claude-own', 'model: anthropic'],
    ['org/ruled', 'rule:slash: anthropic'],
    ['openrouter/deepseek/deepseek-r1', 'prefix: openrouter'],
    ['nobody/knows', 'default_provider: openai'],
    ['anything', 'default_provider: openai'],
    [undefined, 'model_required'],
    ['', 'model_required'],
  ])('%s → %s', (model, expected) => {
    expect(whereTo(catalog, model)).toBe(expected);
    // The second time it comes from what was kept.
    expect(whereTo(catalog, model)).toBe(expected);
  });

  it('lets the model of the path beat that of the body', () => {
    expect(whereTo(catalog, 'fast', { pathModel: 'pooled' })).toBe('model: pooled/azure pooled/deepseek');
    expect(resolve(catalog, 'fast', { pathModel: 'claude-x' }).requestedModel).toBe('claude-x');
  });

  it('sends the name that belongs there', () => {
    expect(resolve(catalog, 'pooled').route.tiers[0]![0]!.upstreamModel).toBe('pool-model');
    expect(resolve(catalog, 'openrouter/deepseek/deepseek-r1').route.tiers[0]![0]!.upstreamModel).toBe(
      'deepseek/deepseek-r1',
    );
    expect(resolve(catalog, 'org/local').route.tiers[0]![0]!.upstreamModel).toBe('org/local');
    expect(resolve(catalog, 'claude-3').route.tiers[0]![0]!.upstreamModel).toBeUndefined();
  });

  it('keeps a bounded number of names', () => {
    for (let number = 0; number < 3_000; number++) resolve(catalog, `made-up-${number}`);
    expect(whereTo(catalog, 'made-up-0')).toBe('default_provider: openai');
  });
});

describe('backends', () => {
  const groq = makeBackend('https://api.groq.com/openai', { weight: 2, apiKey: 'k', defaultModel: 'llama-a' });
  const cerebras = makeBackend('https://api.cerebras.ai', { weight: 1, apiKey: 'k', defaultModel: 'llama-b' });

  it('take any model, or none', () => {
    const catalog = compile(makeConfig({ backends: [groq, cerebras] }));
    const both = 'wildcard: backends/groq backends/cerebras';
    expect(whereTo(catalog, undefined)).toBe(both);
    expect(whereTo(catalog, '')).toBe(both);
    expect(whereTo(catalog, 'gpt-4o')).toBe(both);
    expect(resolve(catalog, 'gpt-4o').route.strategy).toBe('weighted');
  });

  it('share load exactly 2 to 1, whichever models are asked for', () => {
    const catalog = compile(makeConfig({ backends: [groq, cerebras] }));
    const pickers = createPickers(makeSurroundings());
    let first = 0;
    for (let number = 0; number < 300; number++) {
      const picker = pickers.of(resolve(catalog, `model-${number}`).route, 0);
      picker.eligible.fill(1);
      if (picker.pick(makePickFacts()) === 0) first++;
    }
    expect(first).toBe(200);
  });

  it('that name a model come first, those that declare others are left out', () => {
    const declaring = makeBackend('http://ollama:11434', { models: new Map([['qwen', 'qwen:7b']]) });
    const catalog = compile(makeConfig({ backends: [groq, cerebras, declaring] }));
    expect(whereTo(catalog, 'llama-b')).toBe('wildcard: backends/cerebras > backends/groq');
    expect(whereTo(catalog, 'gpt-4o')).toBe('wildcard: backends/groq backends/cerebras');
    expect(whereTo(catalog, 'qwen')).toBe('model: backends/3 > backends/groq backends/cerebras');
  });

  it('without a default model do not get requests without one', () => {
    const plain = makeBackend('http://localhost:1');
    expect(whereTo(compile(makeConfig({ backends: [groq, plain] })), undefined)).toBe('wildcard: backends/groq');
    expect(whereTo(compile(makeConfig({ backends: [plain] })), undefined)).toBe('model_required');
    const providers = [makeProvider('openai', { defaultModel: 'gpt' })];
    const mixed = makeConfig({ backends: [plain], providers, routing: { defaultProvider: 'openai' } });
    expect(whereTo(compile(mixed), undefined)).toBe('default_provider: openai');
  });

  it('that are disabled are never used, and a priority strategy gives each a tier of its own', () => {
    const backends = [groq, { ...cerebras, enabled: false }, makeBackend('http://localhost:1', { name: 'spare' })];
    const catalog = compile(makeConfig({ backends, routing: { strategy: 'primary-backup' } }));
    expect(whereTo(catalog, 'm')).toBe('wildcard: backends/groq > backends/spare');
  });

  it('have ids of their own, in which no address is', () => {
    const urls = ['http://10.0.0.7:9/a', 'https://api.groq.com', 'http://gpu.internal', 'https://api.groq.com/openai'];
    const named = makeBackend('http://secret.internal', { name: 'büro 1' });
    const models = ['org/local', '模型'].map((model) => ({ model, urls: ['http://gpu:1', 'http://gpu:2'] }));
    const catalog = compile(
      makeConfig({ backends: [...urls.map((url) => makeBackend(url)), named], vllmBackends: models }),
    );
    expect([...catalog.targets.keys()]).toEqual([
      'backends/1',
      'backends/groq',
      'backends/3',
      'backends/groq-2',
      'backends/b%C3%BCro%201',
      'org/local/vllm',
      'org/local/vllm-2',
      '%E6%A8%A1%E5%9E%8B/vllm',
      '%E6%A8%A1%E5%9E%8B/vllm-2',
    ]);
  });
});

describe('pools', () => {
  it('have a tier for each priority, and equal strategies apart', () => {
    const providers = [
      makePoolProvider('spare', { priority: 2 }),
      makePoolProvider('a', { priority: 1 }),
      makePoolProvider('b', { priority: 1, model: 'own' }),
      makePoolProvider('last'),
    ];
    const catalog = compile(makeConfig({ models: [makePool('m', providers)] }));
    expect(whereTo(catalog, 'm')).toBe('model: m/a m/b > m/spare > m/last');
    expect(resolve(catalog, 'm').route.tiers[0]![1]!.upstreamModel).toBe('own');
  });

  it('whose providers are all unusable still say why', () => {
    const provider = makePoolProvider('openai', { apiKey: null, unset: { apiKey: 'AZURE_KEY' } });
    const catalog = compile(makeConfig({ models: [makePool('m', [provider])] }));
    expect(whereTo(catalog, 'm')).toBe('model: ');
    expect(resolve(catalog, 'm').route.excluded?.map(({ id }) => id)).toEqual(['m/openai']);
    expect(catalog.notices.map(({ message }) => message)).toEqual([
      'm/openai is skipped: AZURE_KEY is not set, so there is no key',
    ]);
  });
});

it('says which names are close to a wrong one', () => {
  const catalog = compile(makeConfig({ models: [makePool('deepseek-r1', [makePoolProvider('deepseek')])] }));
  const error = catalog.resolve(makeFacts({ bodyModel: 'deepseek-r2' }));
  expect(error).toMatchObject({ kind: 'model_not_found', param: 'model', status: 404 });
  expect((error as GatewayError).message).toContain("Did you mean 'deepseek-r1'?");
});

it('lists models and who serves them, without URLs', () => {
  const catalog = compile(
    makeConfig({
      models: [makePool('r1', [makePoolProvider('azure', { enabled: false })], 'deepseek-r1')],
      vllmBackends: [{ model: 'org/local', urls: ['http://gpu:1', 'http://gpu:2'] }],
      providers: [makeProvider('openai', { models: new Map([['fast', 'gpt']]) })],
      backends: [makeBackend('http://h', { defaultModel: 'llama' })],
    }),
  );
  expect(catalog.models()).toEqual([
    { id: 'r1', providers: [{ name: 'azure', targetId: 'r1/azure', upstreamModel: 'deepseek-r1' }] },
    { id: 'deepseek-r1', providers: [{ name: 'azure', targetId: 'r1/azure', upstreamModel: 'deepseek-r1' }] },
    {
      id: 'org/local',
      providers: [
        { name: 'vllm', targetId: 'org/local/vllm', upstreamModel: 'org/local' },
        { name: 'vllm', targetId: 'org/local/vllm-2', upstreamModel: 'org/local' },
      ],
    },
    { id: 'fast', providers: [{ name: 'openai', targetId: 'openai', upstreamModel: 'gpt' }] },
    { id: 'llama', providers: [{ name: 'openai-compatible', targetId: 'backends/1', upstreamModel: 'llama' }] },
  ]);
});

it('tells what is unknown or ignored', () => {
  const routing = { strategy: 'cost_optimized', defaultProvider: 'nobody' };
  const models = [{ ...makePool('m', []), strategy: 'wieghted' }];
  const { notices } = compile(makeConfig({ models, routing }));
  expect(notices.map(({ level }) => level)).toEqual(['warning', 'warning']);
  expect(notices[0]!.message).toContain('wieghted');
});

it('offers the demo model, and answers who names none with it where there is nothing else', () => {
  const demo = makeTarget('demo', { models: new Map([['demo', 'demo']]), defaultModel: 'demo' });
  const catalog = compileCatalog(makeConfig({}), { buildTarget, demo });
  expect(whereTo(catalog, 'demo')).toBe('demo: demo');
  expect(whereTo(catalog, undefined)).toBe('demo: demo');
  expect(whereTo(catalog, 'gpt')).toBe('model_not_found');
});
