import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGateway, sendJson, startFakeGateway } from './fake-gateway.ts';
import { runCli } from './run-cli.ts';

let gateway: FakeGateway;
/** Where nothing listens: a port that was free a moment ago. */
let nobody: string;
beforeAll(async () => {
  gateway = await startFakeGateway();
  const gone = await startFakeGateway();
  nobody = gone.url;
  await gone.close();
});
afterEach(() => gateway.reset());
afterAll(() => gateway.close());

const run = (...argv: string[]) => runCli(argv, { env: { GATEWAY_URL: gateway.url } });

describe('health', () => {
  it('is 0 and says ok when the gateway is well', async () => {
    expect(await run('health')).toEqual({ code: 0, stdout: `${gateway.url}: ok\n`, stderr: '' });
  });

  it('shows parts and providers with --detailed', async () => {
    const { code, stdout } = await run('health', '--detailed');
    expect(code).toBe(0);
    expect(stdout).toContain('version: 9.9.9');
    expect(stdout).toContain('openai\thealthy');
    expect(gateway.received[0]?.path).toBe('/health?detailed=true');
  });

  it.each([
    ['a state that is not well', 200, { status: 'unhealthy' }],
    ['no state', 200, {}],
    ['an overloaded gateway', 503, { status: 'draining' }],
    ['a server error', 500, { error: { message: 'broken' } }],
  ])('is 1 for %s', async (_name, status, body) => {
    gateway.answerWith((_request, response) => sendJson(response, status, body));
    const { code, stdout, stderr } = await run('health');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('not healthy');
    const json = await run('health', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, data: body, error: { code: 'unwell', status } });
  });

  it('serves on when degraded, and warns', async () => {
    gateway.answerWith((_request, response) => sendJson(response, 200, { status: 'degraded' }));
    const { code, stderr } = await run('health');
    expect(code).toBe(0);
    expect(stderr).toContain('degraded');
  });

  it('gives up after --timeout seconds', async () => {
    gateway.answerWith(() => undefined);
    const { code, stderr } = await run('health', '--timeout', '0.05');
    expect(code).toBe(3);
    expect(stderr).toContain('within 0.05 s');
  });

  it('limits the body by the same time', async () => {
    gateway.answerWith((_request, response) => response.writeHead(200).write('{"status":'));
    expect((await run('health', '--timeout', '0.2')).code).toBe(5);
  });
});

describe('models', () => {
  it('lists models and who serves them, and warns of those that go away', async () => {
    const { code, stdout, stderr } = await run('models');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'MODEL\tOWNER\tPROVIDERS\tSHUTDOWN\ngpt-4o\topenai\topenai\t2027-01-14\nllama\tgroq\tgroq (unavailable)\t-\n',
    );
    expect(stderr).toContain('gpt-4o will be switched off by its provider on 2027-01-14');
  });

  it('shows the windows that the gateway tells', async () => {
    const data = [{ id: 'big', context_window: 1_048_576 }, { id: 'other' }];
    gateway.answerWith((_request, response) => sendJson(response, 200, { data }));
    expect((await run('models')).stdout).toBe(
      'MODEL\tOWNER\tPROVIDERS\tCONTEXT\nbig\t-\t-\t1,048,576\nother\t-\t-\t-\n',
    );
    expect(JSON.parse((await run('models', '--json')).stdout)).toMatchObject({ data: { data } });
  });

  it('filters by provider', async () => {
    expect((await run('models', '-p', 'Groq')).stdout).not.toContain('gpt-4o');
    expect((await run('models', '--provider', 'nobody')).stdout).toBe('No models.\n');
  });

  it('shows capabilities the gateway tells, and unknown where it does not', async () => {
    const { stdout } = await run('models', '--capabilities');
    expect(stdout).toContain('vision, context=128000');
    expect(stdout).toMatch(/llama.*unknown/);
  });

  it('draws a box on a terminal only, without control characters from elsewhere', async () => {
    gateway.answerWith((_request, response) => sendJson(response, 200, { data: [{ id: 'a\u001b]0;title\u0007b' }] }));
    const { stdout } = await runCli(['models', '-u', gateway.url], { isTerminal: true });
    expect(stdout).toContain('┌');
    expect(stdout).toContain('a]0;titleb');
  });

  it('refuses what is no list', async () => {
    gateway.answerWith((_request, response) => sendJson(response, 200, { models: [] }));
    expect((await run('models')).code).toBe(5);
    gateway.answerWith((_request, response) => response.end('<html>'));
    expect((await run('models')).code).toBe(5);
  });
});

describe('info', () => {
  it('shows this program and the gateway', async () => {
    const { code, stdout } = await run('info');
    expect(code).toBe(0);
    expect(stdout).toContain(`runtime: Node.js ${process.version}`);
    expect(stdout).toContain('version: 9.9.9');
    expect(stdout).not.toContain('processors');
    expect((await run('info', '--detailed')).stdout).toContain('processors');
  });

  it('tells what it knows of itself when the gateway is away, and fails', async () => {
    const { code, stdout } = await run('info', '--json', '-u', nobody);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      success: false,
      data: { name: 'llm-gateway', gateway: { url: nobody, reachable: false } },
      error: { code: 'unreachable' },
    });
  });
});

describe.each([['health'], ['models'], ['chat', 'Hello'], ['chat', '--stream', 'Hello'], ['info']])(
  '%s %s',
  (...argv) => {
    const words = argv.filter((word) => word !== undefined);

    it('is 3 and invents nothing when nobody answers', async () => {
      const { code, stdout, stderr } = await runCli([...words, '--url', nobody]);
      expect(code).toBe(3);
      expect(stderr).toContain('ECONNREFUSED');
      if (words[0] !== 'info') expect(stdout).toBe('');
      const json = await runCli([...words, '--url', nobody, '--json']);
      expect(json.code).toBe(3);
      expect(json.stderr).toBe('');
      expect(JSON.parse(json.stdout)).toMatchObject({ success: false, error: { code: 'unreachable', exit_code: 3 } });
    });

    it.each([401, 403, 404, 429])('is 4 when refused with %i', async (status) => {
      gateway.answerWith((_request, response) =>
        sendJson(response, status, { error: { message: 'No.', code: 'why' } }),
      );
      const { code, stdout } = await run(...words, '--json');
      expect(code).toBe(4);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'refused', status, server_code: 'why' } });
    });

    it('does not follow a redirect, which would carry the key away', async () => {
      gateway.answerWith((_request, response) => response.writeHead(302, { location: nobody }).end());
      expect((await run(...words, '-k', 'secret')).code).toBe(5);
      expect(gateway.received).toHaveLength(1);
    });

    it('is 130 when interrupted', async () => {
      const interruption = new AbortController();
      gateway.answerWith(() => interruption.abort());
      const { code } = await runCli([...words, '-u', gateway.url], { signal: interruption.signal });
      expect(code).toBe(130);
    });

    it('wraps what it found with --json', async () => {
      const { code, stdout } = await run('--json', ...words);
      expect(code).toBe(0);
      for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ success: true });
    });
  },
);

describe('server errors', () => {
  it.each([['models'], ['chat', 'Hello'], ['info']])('are 5 for %s', async (...words) => {
    gateway.answerWith((_request, response) => sendJson(response, 502, { error: { message: 'Upstream is away.' } }));
    const { code, stderr } = await run(...words);
    expect(code).toBe(5);
    expect(stderr).toContain('Upstream is away.');
  });
});

describe('global options', () => {
  it('stand before or after the command, and the nearest wins', async () => {
    const before = await runCli(['-u', gateway.url, '-k', 'one', 'models']);
    const after = await runCli(['models', '--url', `${gateway.url}/v1/`, '--api-key', 'two']);
    const both = await runCli(['-u', nobody, 'models', '-u', gateway.url]);
    expect([before.code, after.code, both.code]).toEqual([0, 0, 0]);
    expect(gateway.received.map(({ authorization }) => authorization)).toEqual(['Bearer one', 'Bearer two', undefined]);
  });

  it('come from the environment, which flags override', async () => {
    const env = { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: 'from-env' };
    await runCli(['models'], { env });
    await runCli(['models', '-k', 'from-flag'], { env });
    expect(gateway.received.map(({ authorization }) => authorization)).toEqual(['Bearer from-env', 'Bearer from-flag']);
  });

  it('-v tells about the exchange on stderr, never the key', async () => {
    const { stderr } = await run('models', '-vv', '-k', 'top-secret');
    expect(stderr).toContain(`> GET ${gateway.url}/v1/models 200`);
    expect(stderr).toContain('< content-type');
    expect(stderr).not.toContain('top-secret');
  });

  it.each([
    [['health', '--url', 'nonsense']],
    [['health', '--url', 'ftp://example.com']],
    [['health', '--url', 'http://user:password@example.com']],
    [['health', '--api-key', 'two\nlines']],
  ])('refuses %j as a usage error without repeating secrets', async (argv) => {
    const { code, stderr } = await runCli(argv);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/password@|two/);
  });
});
