import { expect, it } from 'vitest';
import { pricing } from './budget-scene.ts';
import { usePricedModels } from './priced-scene.ts';

const scene = usePricedModels({
  written: { ...pricing, cache_write: 200 },
  'written for an hour': { ...pricing, cache_write: 2, cache_write_1h: 200 },
});

const text = 'Hello! '.repeat(100);
const marked = (ttl: string) => [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl } }];

it.each([
  // Some providers write to their cache what is not marked, too.
  { model: 'written', mark: 'no', content: text, status: 429 },
  { model: 'written', mark: '5m', content: marked('5m'), status: 429 },
  { model: 'written for an hour', mark: '5m', content: marked('5m'), status: 200 },
  { model: 'written for an hour', mark: '1h', content: marked('1h'), status: 429 },
])(
  'input had the plain price set aside, where it may be written to a prompt cache: $model, $mark mark',
  async ({ content, model, status }) => {
    const { id, key } = await scene().key();
    // About two hundred tokens of input: a twentieth of a cent, or four cents where they are written to the cache.
    await scene().budget({ scope: 'key', scope_id: id, cap_usd: 0.01 });
    expect((await scene().gateway.chat(key, model, { messages: [{ role: 'user', content }] })).status).toBe(status);
  },
);
