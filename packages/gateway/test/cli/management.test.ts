import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../src/stores/manual-clock.fixture.ts';
import { sendJson, startFakeGateway } from './fake-gateway.ts';
import { backendsHealth, routingTest } from './management-answers.ts';
import { useOperatorCli } from './operator-cli.ts';
import { runCli } from './run-cli.ts';

const cli = useOperatorCli();
const { run } = cli;
const onTerminal = (...argv: string[]) => runCli(argv, { env: { GATEWAY_URL: cli.gateway.url }, isTerminal: true });

const red = '\u001b[31m';
const green = '\u001b[32m';

describe('routing-strategy', () => {
  it('test says who gets a request, then why the others do not', async () => {
    const { code, stdout, stderr } = await run(
      'routing-strategy',
      'test',
      '--model',
      'gpt-4o',
      '--tenant',
      'tenant-001',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'chat/one gets the request.',
      '\tTARGET\tTIER\tMODEL\tWEIGHT\tUSABLE\tWHY NOT',
      '*\tchat/one\t1\tm\t2\tyes\t-',
      '\tchat/two\t1\tm\t1\tno\tunhealthy: It is out of service. lower_tier: Tier 2 is asked later.',
      'If it fails: chat/two → large/two for large (beyond max_attempts)',
      '',
    ]);
    expect(cli.gateway.received).toEqual([
      {
        method: 'POST',
        path: '/api/v1/routing/test',
        authorization: 'Bearer operators',
        body: { model: 'gpt-4o', tenant: 'tenant-001' },
      },
    ]);
  });

  it('test sends what is asked about, headers too', async () => {
    await run(
      'routing-strategy',
      'test',
      '--stream',
      '--operation',
      'embeddings',
      '--key',
      'app',
      '--header',
      'X-Tier: gold',
      '--header',
      'a:b:c',
    );
    const headers = { 'x-tier': 'gold', a: 'b:c' };
    expect(cli.gateway.received[0]?.body).toEqual({ stream: true, operation: 'embeddings', key: 'app', headers });
    expect((await run('routing-strategy', 'test', '--header', 'nonsense')).code).toBe(2);
  });

  it('test is coloured on a terminal that wants it, whatever the words hold', async () => {
    const decision = 'chat/one\u001b]0;title\u0007 gets the request.';
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, { ...routingTest, decision }));
    const { stdout } = await onTerminal('routing-strategy', 'test');
    expect(stdout).toContain(`${green}chat/one]0;title gets the request.`);
    expect(stdout).toContain(`${green}chat/one`);
    expect(stdout).toContain(`${red}chat/two`);
    expect(stdout).not.toContain('\u0007');
    const settings = { env: { GATEWAY_URL: cli.gateway.url, NO_COLOR: '1' }, isTerminal: true };
    expect((await runCli(['routing-strategy', 'test'], settings)).stdout).not.toContain('\u001b');
  });

  it('test is 1 when nobody would get the request', async () => {
    const nobody = {
      ...routingTest,
      selected_target: null,
      decision: 'Nobody would be asked: all are out.',
      candidates: [],
      fallback_chain: [],
    };
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, nobody));
    const { code, stdout, stderr } = await run('routing-strategy', 'test');
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'Nobody would be asked: all are out.\n' });
    expect(stderr).toContain('Nobody');
    const json = await run('routing-strategy', 'test', '--json');
    expect(json).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, data: nobody, error: { code: 'unwell' } });
  });

  it('show lists the routes', async () => {
    expect((await run('routing-strategy', 'show')).stdout.split('\n')).toEqual([
      'strategy: by the weights  default provider: one  attempts: 3',
      'ROUTE\tMODELS\tSTRATEGY\tTIERS\tOPTIONS',
      'models/chat\tgpt-4o, chat, (none named)\tweighted\tchat/one + chat/two → large/two\tstream_recovery=restart single_flight=yes',
      '',
    ]);
  });

  it('rules lists them in order', async () => {
    const { stdout } = await run('routing-strategy', 'rules');
    expect(stdout).toContain('1\tnightly\t10\t*\tone\tno\n');
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, { rules: [] }));
    expect((await run('routing-strategy', 'rules')).stdout).toBe('No rules.\n');
  });

  it('weights lists both shares', async () => {
    const { stdout } = await run('routing-strategy', 'weights');
    expect(stdout).toContain('models/chat\tweighted\t1\tchat/one\t2\t90 %\t100 %\tyes\n');
    expect(stdout).toContain('models/chat\tweighted\t1\tchat/two\tcanary 10 %\t10 %\t0 %\tno\n');
  });

  it('stats says of when and of whom', async () => {
    const { stdout } = await run('routing-strategy', 'stats', '--window', '15m');
    expect(stdout).toContain('from 2026-01-02T03:00:00Z to 2026-01-02T03:04:05Z, of one of its processes\n');
    expect(stdout).toContain('chat/one\t7\t6\t1\t2\t3\t0\t0\t0\n');
    expect(cli.gateway.received[0]?.path).toBe('/api/v1/routing/stats?window=15m');
  });
});

describe('backend-health', () => {
  it('lists the backends, and models with an open breaker', async () => {
    const { code, stdout } = await run('backend-health');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '2026-01-02T03:04:05Z  2 backends: 1 healthy, 0 degraded, 1 unhealthy, 0 unknown, 0 disabled',
      'TARGET\tPROVIDER\tSTATUS\tBREAKER\tLATENCY\tSUCCESS\tRETRY IN\tLAST CHECK\tWHY\tENDPOINT',
      'chat/one\tone\thealthy\tclosed\t321 ms\t99.5 %\t-\t2026-01-02T03:04:00Z\t-\thttps://one.example',
      'chat/two\ttwo\tunhealthy\topen\t-\t-\t90 s\t-\tpassive: connect_failed\thttps://two.example',
      'TARGET\tMODEL\tBREAKER\tFAILURE\tSINCE\tRETRY IN',
      'chat/one\tm\topen\toverloaded\t-\t4 s',
      '',
    ]);
    expect(cli.gateway.received[0]?.path).toBe('/api/v1/backends/health');
  });

  it('asks for one provider, and shows what became of it', async () => {
    const { stdout } = await run('backend-health', '-p', 'two & more', '--history');
    expect(stdout).toContain(
      '2026-01-02T03:00:00Z\tchat/two\t-\thealthy\tunhealthy\tpassive\tconnect_failed\t10 min\n',
    );
    expect(cli.gateway.received[0]?.path).toBe('/api/v1/backends/health?provider=two+%26+more&history=true');
  });

  it('shows only where something is wrong', async () => {
    const { stdout } = await run('backend-health', '--unhealthy-only');
    expect(stdout).not.toContain('chat/one');
    expect(stdout).toContain('chat/two');
    const json = JSON.parse((await run('backend-health', '--unhealthy-only', '--json')).stdout);
    expect(json).toMatchObject({ success: true, data: { total_backends: 2, backends: [{ target: 'chat/two' }] } });
    const well = { ...backendsHealth, backends: [backendsHealth.backends[0]] };
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, well));
    expect((await run('backend-health', '--unhealthy-only')).stdout).toContain('Nothing is wrong');
  });

  it('is coloured on a terminal', async () => {
    const { stdout } = await onTerminal('backend-health');
    expect(stdout).toContain(`${green}healthy`);
    expect(stdout).toContain(`${red}unhealthy`);
    expect(stdout).toContain('┌');
  });

  it('is 1 when none can be used', async () => {
    const data = { ...backendsHealth, backends: [backendsHealth.backends[1]] };
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, data));
    const { code, stdout, stderr } = await run('backend-health');
    expect(code).toBe(1);
    expect(stdout).toContain('chat/two');
    expect(stderr).toContain('None of the backends can be used.');
    const json = await run('backend-health', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, data, error: { code: 'unwell' } });
  });
});

describe('backend-health --watch', () => {
  /** Watches until so many answers were given, then interrupts; time passes as the program waits. */
  async function watch(rounds: number, argv: readonly string[], settings: { readonly isTerminal?: boolean } = {}) {
    const interruption = new AbortController();
    const clock = createManualClock();
    const waits: number[] = [];
    const env = { GATEWAY_URL: cli.gateway.url };
    const passing = {
      ...clock,
      schedule: (callback: () => void, delayMs: number) => {
        // The limit of a request is not waited for.
        if (delayMs >= 30_000) return () => {};
        waits.push(delayMs);
        if (waits.length < rounds) setImmediate(callback);
        else setImmediate(() => interruption.abort());
        return () => {};
      },
    };
    const result = await runCli(['backend-health', '--watch', ...argv], {
      env,
      signal: interruption.signal,
      clock: passing,
      ...settings,
    });
    return { ...result, waits };
  }

  it('looks again every five seconds until it is interrupted, and is 0 then', async () => {
    const { code, stdout, stderr, waits } = await watch(3, []);
    expect({ code, stderr, waits }).toEqual({ code: 0, stderr: '', waits: [5_000, 5_000, 5_000] });
    expect(stdout.match(/2 backends/g)).toHaveLength(3);
    expect(cli.gateway.received).toHaveLength(3);
  });

  it('draws over what it drew on a terminal', async () => {
    const { stdout } = await watch(2, ['--interval', '0.5'], { isTerminal: true });
    expect(stdout.split('\u001b[H\u001b[J')).toHaveLength(3);
  });

  it('prints one line of JSON at a time, failures too', async () => {
    let asked = 0;
    cli.gateway.answerWith((_request, response) => {
      asked++;
      if (asked === 2) sendJson(response, 503, { error: { message: 'Stopping.' } });
      else sendJson(response, 200, backendsHealth);
    });
    const { code, stdout, waits } = await watch(3, ['--json', '--interval', '2']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(waits).toEqual([2_000, 2_000, 2_000]);
    expect(lines).toMatchObject([
      { success: true, data: backendsHealth },
      { success: false, error: { status: 503 } },
      { success: true },
    ]);
  });

  it('goes on while nothing can be used, and ends at once where the first look fails', async () => {
    const data = { ...backendsHealth, backends: [] };
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, data));
    expect((await watch(2, [])).code).toBe(0);
    cli.gateway.answerWith((_request, response) => sendJson(response, 401, { error: { message: 'No.' } }));
    expect(await watch(2, [])).toMatchObject({ code: 4, waits: [] });
  });

  it('is 0 when it is interrupted while it asks', async () => {
    const interruption = new AbortController();
    cli.gateway.answerWith(() => interruption.abort());
    const result = await runCli(['backend-health', '-w', '-u', cli.gateway.url], { signal: interruption.signal });
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe.each([
  ['backend-health'],
  ['routing-strategy', 'show'],
  ['routing-strategy', 'rules'],
  ['routing-strategy', 'weights'],
  ['routing-strategy', 'stats'],
  ['routing-strategy', 'test'],
])('%s %s', (...argv) => {
  const words = argv.filter((word) => word !== undefined);

  it.each([401, 404, 429])('is 4 when refused with %i, and says why', async (status) => {
    cli.gateway.answerWith((_request, response) =>
      sendJson(response, status, { error: { message: 'Set ADMIN_KEY.', code: 'why' } }),
    );
    const { code, stdout, stderr } = await run(...words);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('Set ADMIN_KEY.');
    const json = await run(...words, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, error: { status, server_code: 'why' } });
  });

  it('is 3 when nobody answers', async () => {
    const gone = await startFakeGateway();
    await gone.close();
    expect(await runCli([...words, '-u', gone.url])).toMatchObject({ code: 3, stdout: '' });
  });

  it('is 5 when the answer is none', async () => {
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, { something: 'else' }));
    expect((await run(...words)).code).toBe(5);
    // One envelope, which is not first of a success.
    const { code, stdout } = await run(...words, '--json');
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ success: false });
  });

  it('wraps the answer as it came with --json', async () => {
    const { code, stdout } = await run(...words, '--json');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ success: true, data: expect.any(Object) });
  });
});
