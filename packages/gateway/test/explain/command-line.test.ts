import { afterEach, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { adminKey, type Desk, startDesk } from './desk.ts';

let desk: Desk;
afterEach(() => desk.stop());

const run = (...argv: string[]) => runCli(argv, { env: { GATEWAY_URL: desk.gateway.url, GATEWAY_API_KEY: adminKey } });

it('the commands understand what a gateway answers', async () => {
  desk = await startDesk((at, urls) => ({
    providers: { openai: { base_url: `${urls[0]}/v1`, api_key: 'sk-some-key' } },
    models: { chat: { providers: [at(0, { priority: 1 }), at(1, { priority: 2 })] } },
    routing: { rules: [{ name: 'nightly', condition: '*', target_provider: 'openai' }] },
  }));
  await desk.chat();
  const test = await run('routing-strategy', 'test', '--model', 'chat');
  expect(test).toMatchObject({ code: 0, stderr: '' });
  expect(test.stdout).toContain('chat/t0 gets the request, asked for sim.');
  expect(test.stdout).toContain('*\tchat/t0\t1\tsim\t1\tyes\t-\n');
  expect(test.stdout).toContain('\tchat/t1\t2\tsim\t1\tyes\tlower_tier: ');
  expect(test.stdout).toContain('If it fails: chat/t1\n');
  const words = {
    show: 'models/chat\tchat\tround_robin\tchat/t0 → chat/t1\t-\n',
    rules: '1\tnightly\t100\t*\topenai\tyes\n',
  };
  expect((await run('routing-strategy', 'show')).stdout).toContain(words.show);
  expect((await run('routing-strategy', 'rules')).stdout).toContain(words.rules);
  expect((await run('routing-strategy', 'weights')).stdout).toContain(
    'models/chat\tround_robin\t1\tchat/t0\t1\t100 %\t100 %\tyes\n',
  );
  const stats = await run('routing-strategy', 'stats', '--window', '1h');
  expect(stats.stdout).toContain('chat/t0\t1\t1\t0\t0\t0\t0\t0\t0\nopenai\t0\t0');
  const health = await run('backend-health', '--history');
  expect(health).toMatchObject({ code: 0, stderr: '' });
  expect(health.stdout).toContain('3 backends: 1 healthy');
  expect(health.stdout).toMatch(/^chat\/t0\tt0\thealthy\tclosed\t\d+ ms\t100 %\t-\t-\t-\thttp:\/\/127\.0\.0\.1:\d+$/m);
});

it('`cache-status` was missing: it says what the pages about the cache say', async () => {
  desk = await startDesk((at) => ({ models: { chat: { providers: [at(0)] } } }));
  for (const words of [['stats'], ['list'], ['clear'], ['clear', '--force', '--older-than', '24h'], ['config']]) {
    const result = await run('cache-status', ...words);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toBe('There is no response cache: every request is answered by a provider.\n');
  }
  const { stdout } = await run('cache-status', 'clear', '--force', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ success: true, data: { enabled: false, cleared: 0 } });
});

it('the commands end with 1 when nothing works, and with 4 without the key', async () => {
  desk = await startDesk((at) => ({ models: { chat: { providers: [at(0, { model: 'f23' })] } } }));
  await desk.chat();
  expect((await run('backend-health')).code).toBe(1);
  expect(await run('routing-strategy', 'test', '--model', 'chat')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Nobody would be asked'),
  });
  const refused = await runCli(['backend-health', '-u', desk.gateway.url]);
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('ADMIN_KEY') });
});
