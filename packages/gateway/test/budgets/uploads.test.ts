import { expect, it } from 'vitest';
import { pricing } from './budget-scene.ts';
import { usePricedModels } from './priced-scene.ts';

const scene = usePricedModels({
  hears: { ...pricing, audio_input: 200 },
  draws: { input: 1_000, output: 0 },
});

async function send(path: string, model: string, bytes: number, key: string): Promise<number> {
  const form = new FormData();
  form.append('model', model);
  form.append('n', '1');
  form.append('file', new Blob([Buffer.alloc(bytes)]), 'file');
  const headers = { authorization: `Bearer ${key}` };
  const reply = await fetch(`${scene().gateway.url}/v1/${path}`, { method: 'POST', headers, body: form });
  await reply.arrayBuffer();
  return reply.status;
}

it('sound had nothing set aside where it is long, and a hundred times too much where it is short', async () => {
  const tokens = await scene().key({ token_budget: 10_000 });
  const hear = (key: string, bytes: number) => send('audio/transcriptions', 'hears', bytes, key);
  expect([await hear(tokens.key, 200_000), await hear(tokens.key, 1_500_000)]).toEqual([200, 200]);
  // No answer tells how many tokens it took: those that were set aside count.
  expect(await hear(tokens.key, 1_500_000)).toBe(429);
  const money = await scene().key();
  await scene().budget({ scope: 'key', scope_id: money.id, cap_usd: 1 });
  expect([await hear(money.key, 900_000), await hear(money.key, 900_000)]).toEqual([200, 429]);
});

it('pictures that are too long to hold had nothing set aside for themselves', async () => {
  const edit = async (dollars: number) => {
    const { id, key } = await scene().key();
    await scene().budget({ scope: 'key', scope_id: id, cap_usd: dollars });
    return send('images/edits', 'draws', 900_000, key);
  };
  // A tenth of a cent for a token: 6,240 are taken for one picture.
  expect([await edit(6), await edit(7)]).toEqual([429, 200]);
});
