import { expect, it } from 'vitest';
import { pricing } from './budget-scene.ts';
import { usePricedModels } from './priced-scene.ts';

const scene = usePricedModels({
  speaks: { ...pricing, audio_output: 400 },
  thinks: { ...pricing, reasoning: 400 },
  'thinks cheaply': { input: 2, output: 400, reasoning: 4 },
});

it.each(['speaks', 'thinks', 'thinks cheaply'])(
  'output had the price of text set aside, where it may be of a dearer kind: a model that %s',
  async (model) => {
    const { id, key } = await scene().key();
    // A hundred tokens at the dearest, which are ten thousand of the others.
    await scene().budget({ scope: 'key', scope_id: id, cap_usd: 0.04 });
    const ask = async (tokens: number) => (await scene().gateway.chat(key, model, { max_tokens: tokens })).status;
    expect([await ask(200), await ask(50)]).toEqual([429, 200]);
  },
);
