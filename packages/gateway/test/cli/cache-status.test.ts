import { describe, expect, it } from 'vitest';
import { sendJson } from './fake-gateway.ts';
import { useOperatorCli } from './operator-cli.ts';

const cli = useOperatorCli();
const { run } = cli;

describe('cache-status', () => {
  it.each([
    ['stats', [], 'GET', '/api/v1/cache/stats'],
    ['stats', ['--detailed'], 'GET', '/api/v1/cache/stats?detailed=true'],
    ['list', [], 'GET', '/api/v1/cache/entries?limit=20'],
    ['list', ['--model', 'a/b', '--limit', '5'], 'GET', '/api/v1/cache/entries?limit=5&model=a%2Fb'],
    ['config', [], 'GET', '/api/v1/cache/config'],
    ['clear', ['--force', '--older-than', '24h'], 'POST', '/api/v1/cache/clear'],
    // What there is no consent for is not asked.
    ['clear', ['--older-than', '24h'], 'GET', '/api/v1/cache/config'],
  ] as const)('%s %j says that there is no cache', async (name, options, method, path) => {
    const result = await run('cache-status', name, ...options);
    expect(result).toEqual({ code: 0, stdout: 'There is no response cache.\n', stderr: '' });
    const body = method === 'POST' ? { older_than: '24h' } : undefined;
    expect(cli.gateway.received).toMatchObject([
      { method, path, authorization: 'Bearer operators', ...(body && { body }) },
    ]);
  });

  it('invents nothing where a gateway says otherwise', async () => {
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, { enabled: true, total_entries: 3 }));
    for (const name of ['stats', 'list', 'clear', 'config']) {
      expect(await run('cache-status', name)).toMatchObject({ code: 5, stdout: '' });
    }
    expect(cli.gateway.received.map(({ method }) => method)).not.toContain('POST');
  });

  it.each([
    ['list', '--limit', '0'],
    ['list', '--limit', 'many'],
    ['clear', '--older-than', 'yesterday'],
  ])('refuses %s %s %s', async (...argv) => {
    expect((await run('cache-status', ...argv)).code).toBe(2);
    expect(cli.gateway.received).toEqual([]);
  });

  it.each(['stats', 'list', 'clear', 'config'])(
    '%s is 4 when refused, and wraps what came with --json',
    async (name) => {
      const json = await run('cache-status', name, '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({ success: true, data: { enabled: false } });
      cli.gateway.answerWith((_request, response) => sendJson(response, 401, { error: { message: 'Set ADMIN_KEY.' } }));
      const { code, stderr, stdout } = await run('cache-status', name);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('Set ADMIN_KEY.');
    },
  );
});
