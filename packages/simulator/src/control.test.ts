import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scenarios } from './scenarios.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { chat, exchange } from './testing/raw-exchange.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ apiKey: 'k' });
});
afterEach(() => simulator.close());

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; value: Record<string, unknown> }> {
  const { status, text } = await exchange(simulator.url, { method, path: `/_sim/${path}`, body });
  return { status, value: JSON.parse(text) };
}

function ask(): Promise<{ status: number }> {
  return exchange(simulator.url, {
    path: '/chat/completions',
    body: { model: 'sim', messages: [] },
    headers: { 'api-key': 'k' },
  });
}

describe('the control API', () => {
  it('sets behaviours and scripts, and takes them back', async () => {
    expect(await control('POST', 'behave', { kind: 'status', status: 503 })).toMatchObject({ status: 200 });
    expect(await control('POST', 'script', ['f23', { kind: 'html-200' }])).toEqual({
      status: 200,
      value: { script: 2 },
    });
    const statuses = [await ask(), await ask(), await ask()].map((reply) => reply.status);
    expect(statuses).toEqual([401, 200, 503]);
    await control('POST', 'behave', null);
    expect((await ask()).status).toBe(200);
  });

  it('lists and forgets attempts', async () => {
    await chat(simulator.url, { model: 'm' });
    const { value } = await control('GET', 'attempts');
    expect(value).toMatchObject({
      count: 1,
      attempts: [{ model: 'm', status: 401, behaviour: 'unauthorized', outcome: 'completed' }],
    });
    expect((await control('DELETE', 'attempts')).status).toBe(200);
    expect((await control('GET', 'attempts')).value).toMatchObject({ count: 0, attempts: [] });
  });

  it('shows no credentials', async () => {
    const headers = { authorization: 'Bearer hidden-1', 'x-api-key': 'hidden-2', 'x-plain': 'shown' };
    await exchange(simulator.url, { path: '/files?key=hidden-3&a=b', headers });
    const { value } = await control('GET', 'attempts');
    expect(JSON.stringify(value)).not.toContain('hidden');
    expect(value).toMatchObject({ attempts: [{ query: 'key=[redacted]&a=b', headers: { 'x-plain': 'shown' } }] });
  });

  it('sets the health', async () => {
    await control('POST', 'health', { health: 500 });
    expect((await exchange(simulator.url, { path: '/v1/models', headers: { 'api-key': 'k' } })).status).toBe(500);
  });

  it('lists scenarios and behaviours', async () => {
    const { value } = await control('GET', 'scenarios');
    expect(value['scenarios']).toHaveLength(scenarios.length);
  });

  it('says what is wrong with a request', async () => {
    expect(await control('POST', 'behave', { kind: 'nonsense' })).toMatchObject({ status: 400 });
    expect(await control('POST', 'behave', 'f99')).toMatchObject({ status: 400 });
    expect(await control('POST', 'behave', { kind: 'reset', when: 'accept' })).toMatchObject({ status: 400 });
    expect(await control('POST', 'script', {})).toEqual({
      status: 400,
      value: { error: 'A script is a list of behaviours.' },
    });
    expect(await control('POST', 'health', { health: 7 })).toMatchObject({ status: 400 });
    expect(await control('POST', 'behave', Buffer.from('{'))).toEqual({
      status: 400,
      value: { error: 'The body must be JSON.' },
    });
    expect(await control('GET', 'nothing')).toMatchObject({ status: 404 });
  });

  it('reads no files for others', async () => {
    const open = await startSimulator({ host: '0.0.0.0' });
    try {
      const body = { kind: 'file', path: import.meta.filename };
      expect((await exchange(open.url, { path: '/_sim/behave', body })).status).toBe(400);
      expect((await exchange(simulator.url, { path: '/_sim/behave', body })).status).toBe(200);
      expect((await ask()).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});
