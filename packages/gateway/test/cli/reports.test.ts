import { describe, expect, it } from 'vitest';
import { sendJson } from './fake-gateway.ts';
import { useOperatorCli } from './operator-cli.ts';
import { costAnswer, latencyAnswer, tokensAnswer } from './report-answers.ts';

const cli = useOperatorCli();
const { run } = cli;

describe('latency', () => {
  it('shows the whole, then providers and models', async () => {
    const { code, stdout, stderr } = await run('latency');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const times = '1,234\t813 ms\t12 ms\t2 min\t700 ms\t4.2 s';
    expect(stdout.split('\n')).toEqual([
      '1,234 requests completed in the last 1h, since 2026-01-02T02:00:00Z',
      'TIME\tREQUESTS\tAVG\tMIN\tMAX\tP50\tP99.9',
      `whole answer\t${times}`,
      'first byte of streams\t0\t-\t-\t-\t-\t-',
      'PROVIDER\tREQUESTS\tAVG\tMIN\tMAX\tP50\tP99.9',
      `acme\t${times}`,
      'MODEL\tREQUESTS\tAVG\tMIN\tMAX\tP50\tP99.9',
      `large\t${times}`,
      '',
    ]);
    expect(cli.gateway.received).toMatchObject([
      { path: '/api/v1/metrics/latency', authorization: 'Bearer operators' },
    ]);
  });

  it('asks for what it is told', async () => {
    await run('latency', '-p', 'a & b', '-m', 'large', '-w', '15m', '--percentiles', '50,99.9');
    await run('latency', '--percentiles');
    expect(cli.gateway.received.map(({ path }) => path)).toEqual([
      '/api/v1/metrics/latency?window=15m&provider=a+%26+b&model=large&percentiles=50%2C99.9',
      '/api/v1/metrics/latency',
    ]);
  });
});

describe('cost', () => {
  it('shows groups, and combinations with --breakdown', async () => {
    const { code, stdout, stderr } = await run('cost', '--breakdown');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      '$1.250000001 for 4 requests ($0.3125 each) in the last 24h, since 2026-01-02T02:00:00Z',
      'TENANT\tREQUESTS\tINPUT\tOUTPUT\tCOST',
      'one\t3\t12,000\t400\t$1.25',
      '-\t1\t100\t10\t$0.000000001',
      'PROVIDER\tMODEL\tTENANT\tREQUESTS\tINPUT\tOUTPUT\tCOST',
      'acme\tlarge\t-\t3\t12,000\t400\t$1.25',
      '',
    ]);
    expect((await run('cost')).stdout).not.toContain('MODEL');
  });

  it('asks for what it is told', async () => {
    await run('cost', '-p', 'acme', '-m', 'large', '-t', 'one', '-w', '7d', '-g', 'day', '--breakdown');
    expect(cli.gateway.received[0]?.path).toBe(
      '/api/v1/metrics/cost?window=7d&group_by=day&provider=acme&model=large&tenant=one&breakdown=true',
    );
  });

  it('says what the sums do not hold', async () => {
    const answer = { ...costAnswer, unpriced_attempts: 2, is_truncated: true };
    cli.gateway.answerWith((_request, response) => sendJson(response, 200, answer));
    const { code, stderr } = await run('cost');
    expect(code).toBe(0);
    expect(stderr).toContain('What 2 attempts cost is not known');
    expect(stderr).toContain('more groups than are told');
  });
});

describe('token-usage', () => {
  it('shows groups, with every class of tokens where it is asked for details', async () => {
    expect((await run('token-usage')).stdout.split('\n')).toEqual([
      '12,400 tokens for 3 requests (4,133 each) in the last 24h, since 2026-01-02T02:00:00Z',
      'PROVIDER\tREQUESTS\tTOTAL\tINPUT\tOUTPUT',
      'acme\t3\t12,400\t12,000\t400',
      '',
    ]);
    const { stdout } = await run('token-usage', '--detailed', '-t', 'one');
    expect(stdout).toContain('\tCACHED\tCACHE WRITE\tREASONING\tAUDIO IN\tAUDIO OUT\tIMAGES IN\tIMAGES OUT\n');
    expect(stdout).toContain('acme\t3\t12,400\t12,000\t400\t7\t6\t5\t4\t3\t2\t1\n');
    expect(cli.gateway.received[1]?.path).toBe('/api/v1/metrics/tokens?tenant=one&detailed=true');
  });
});

describe.each([
  ['latency', latencyAnswer],
  ['cost', costAnswer],
  ['token-usage', tokensAnswer],
])('%s', (command, answer) => {
  it('gives the answer as it came with --json', async () => {
    const { code, stdout } = await run(command, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ success: true, data: answer });
  });

  it.each([
    [400, 4],
    [401, 4],
    [404, 4],
    [503, 5],
  ])('ends a status %i with exit code %i', async (status, code) => {
    cli.gateway.answerWith((_request, response) => sendJson(response, status, { error: { message: 'Not so.' } }));
    const result = await run(command);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain('Not so.');
    const json = await run(command, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, error: { status, exit_code: code } });
  });

  it('does not take another document for a report', async () => {
    for (const document of [[], {}]) {
      cli.gateway.answerWith((_request, response) => sendJson(response, 200, document));
      expect((await run(command)).code).toBe(5);
      expect(JSON.parse((await run(command, '--json')).stdout)).toMatchObject({ success: false });
    }
  });
});

it.each([['cost'], ['token-usage']])('%s knows what it can group by', async (command) => {
  const { code, stderr } = await run(command, '--group-by', 'colour');
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices');
});
