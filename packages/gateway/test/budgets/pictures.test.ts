import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BudgetScene, openBudgetScene } from './budget-scene.ts';

let scene: BudgetScene;
beforeEach(async () => {
  scene = await openBudgetScene({ pricing: { drawn: { input: 5, output: 10, image_input: 8, image_output: 40 } } });
});
afterEach(() => scene.close());

async function serve(): Promise<void> {
  const { body } = await scene.gateway.admin('POST', '/admin/providers', {
    name: 'pictures',
    kind: 'openai-compatible',
    base_url: `${scene.simulator.url}/v1`,
    api_key: 'sk-upstream',
  });
  await scene.gateway.admin('POST', '/admin/models', { name: 'drawn', provider_id: body.id });
}

const ask = async (key: string, path: string, body: object) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const text = JSON.stringify({ model: 'drawn', ...body });
  const reply = await fetch(`${scene.gateway.url}${path}`, { method: 'POST', headers, body: text });
  return [reply.status, (await reply.text()).match(/price_unknown|budget_exceeded/)?.[0]];
};
/** Edits a picture, its file before or behind the fields. */
const edit = async (key: string, bytes: number, fields: Readonly<Record<string, string>>, isFileFirst = false) => {
  const form = new FormData();
  const addFile = () => form.append('image', new Blob([Buffer.alloc(bytes)]), 'cat.png');
  form.append('model', 'drawn');
  if (isFileFirst) addFile();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (!isFileFirst) addFile();
  const headers = { authorization: `Bearer ${key}` };
  const reply = await fetch(`${scene.gateway.url}/v1/images/edits`, { method: 'POST', headers, body: form });
  return [reply.status, (await reply.text()).match(/price_unknown|budget_exceeded/)?.[0]];
};
const draw = (key: string, n: number | string) => ask(key, '/v1/images/generations', { prompt: 'A cat.', n });

it('pictures are set aside at what the dearest come to, where models with prices of them were refused', async () => {
  await serve();
  const { key } = await scene.key();
  const messages = [{ role: 'user', content: 'Hello!' }];
  // The dearest picture is a quarter of a dollar.
  const id = await scene.budget({ cap_usd: 0.6 });
  expect(await draw(key, 2)).toEqual([200, undefined]);
  expect(await ask(key, '/v1/chat/completions', { messages })).toEqual([200, undefined]);
  await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { cap_usd: 0.7 });
  expect(await draw(key, 3)).toEqual([429, 'budget_exceeded']);
  expect(await draw(key, '3')).toEqual([429, 'budget_exceeded']);
});

it('a form had one picture set aside, whatever its n: as many are as it asks for, or may ask for behind a file', async () => {
  await serve();
  const tryEdit = async (...asked: [number, Readonly<Record<string, string>>, boolean?]) => {
    const { id, key } = await scene.key();
    await scene.budget({ scope: 'key', scope_id: id, cap_usd: 0.6 });
    return (await edit(key, ...asked))[0];
  };
  expect([await tryEdit(10, { n: '2' }), await tryEdit(10, { n: '3' }), await tryEdit(10, {})]).toEqual([
    200, 429, 200,
  ]);
  expect([await tryEdit(2_000_000, { n: '1' }), await tryEdit(2_000_000, { n: '1' }, true)]).toEqual([200, 429]);
});
