import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { chunkEvent, type FakeGateway, sendEvents, sendJson, startFakeGateway } from './fake-gateway.ts';
import { runCli } from './run-cli.ts';

let gateway: FakeGateway;
beforeAll(async () => {
  gateway = await startFakeGateway();
});
afterEach(() => gateway.reset());
afterAll(() => gateway.close());

const run = (...argv: string[]) => runCli(['chat', ...argv], { env: { GATEWAY_URL: gateway.url } });
const done = 'data: [DONE]\n\n';

describe('chat', () => {
  it('sends the documented defaults and prints the answer', async () => {
    expect(await run('Hello')).toEqual({ code: 0, stdout: 'Hello from the fake gateway.\n', stderr: '' });
    expect(gateway.received[0]?.body).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hello' }],
      temperature: 0.7,
    });
  });

  it('sends what the flags say', async () => {
    await run('-m', 'm', '-s', '-v is a flag', '--stream', '--temperature', '0', '--max-tokens', '5', '--', '-Hello');
    expect(gateway.received[0]?.body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: '-v is a flag' },
        { role: 'user', content: '-Hello' },
      ],
      temperature: 0,
      max_tokens: 5,
      stream: true,
    });
    await run('--temperature', 'none', 'Hello');
    expect(gateway.received[1]?.body).not.toHaveProperty('temperature');
  });

  it('takes the model from GATEWAY_MODEL', async () => {
    await runCli(['chat', 'Hello'], { env: { GATEWAY_URL: gateway.url, GATEWAY_MODEL: 'mine' } });
    expect(gateway.received[0]?.body).toMatchObject({ model: 'mine' });
  });

  it('reads the message from a pipe', async () => {
    const env = { GATEWAY_URL: gateway.url };
    await runCli(['chat'], { env, stdin: 'two\nlines\n' });
    await runCli(['chat', '-'], { env, stdin: 'dash' });
    const contents = gateway.received.map(({ body }) => JSON.stringify(body));
    expect(contents[0]).toContain('"two\\nlines"');
    expect(contents[1]).toContain('"dash"');
  });

  it('wants a message', async () => {
    expect((await run()).code).toBe(2);
    expect((await runCli(['chat'], { stdin: '\n' })).code).toBe(2);
    expect((await run('two', 'words')).code).toBe(2);
  });

  it.each([
    ['--temperature', 'warm'],
    ['--temperature', '3'],
    ['--max-tokens', '0'],
    ['--max-tokens', '1.5'],
  ])('refuses %s %s', async (...flags) => {
    expect((await run(...flags, 'Hello')).code).toBe(2);
  });

  it('warns when the answer stopped at its limit', async () => {
    gateway.answerWith((_request, response) =>
      sendJson(response, 200, { choices: [{ message: { content: 'Half an' }, finish_reason: 'length' }] }),
    );
    const { code, stderr } = await run('Hello');
    expect(code).toBe(0);
    expect(stderr).toContain('token limit');
  });

  it.each([
    ['an error in a good status', { error: { message: 'Provider broke.', code: 'upstream_failed' } }],
    ['no finish reason', { choices: [{ message: { content: 'Half' }, finish_reason: null }] }],
    ['no message', { choices: [] }],
  ])('is 5 and prints no answer for %s', async (_name, body) => {
    gateway.answerWith((_request, response) => sendJson(response, 200, body));
    const { code, stdout, stderr } = await run('Hello');
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(JSON.parse((await run('Hello', '--json')).stdout)).toMatchObject({ success: false });
  });
});

describe('chat --stream', () => {
  it('prints the pieces as one answer', async () => {
    expect(await run('--stream', 'Hello')).toEqual({
      code: 0,
      stdout: 'Hello from the fake gateway.\n',
      stderr: '',
    });
  });

  it('prints one JSON object a line with --json', async () => {
    const { code, stdout } = await run('--stream', '--json', 'Hello');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(code).toBe(0);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ success: true, data: { object: 'chat.completion.chunk' } });
  });

  const failed = 'data: {"error":{"message":"Provider broke.","code":"upstream_failed"}}\n\n';
  it.each([
    ['an error event', [chunkEvent('Half'), failed], 'end'],
    ['an error event before [DONE]', [chunkEvent('Half', 'stop'), failed, done], 'end'],
    ['an event named error', [chunkEvent('Half'), 'event: error\ndata: "gone"\n\n'], 'end'],
    ['an end without [DONE]', [chunkEvent('Half'), chunkEvent('', 'stop')], 'end'],
    ['[DONE] without a finish reason', [chunkEvent('Half'), done], 'end'],
    ['a [DONE] cut in the middle', [chunkEvent('Half', 'stop'), 'data: [DO'], 'end'],
    ['a broken connection', [chunkEvent('Half')], 'break'],
    ['a malformed piece', [chunkEvent('Half'), 'data: {"cho\n\n', done], 'end'],
    ['nothing at all', [], 'end'],
  ] as const)('is 5 after %s', async (_name, events, end) => {
    gateway.answerWith((_request, response) => sendEvents(response, events, end));
    const { code, stdout, stderr } = await run('--stream', 'Hello');
    expect(code).toBe(5);
    expect(stdout).toBe(events.length === 0 ? '' : 'Half\n');
    expect(stderr).toMatch(/^error: /);

    const json = await run('--stream', '--json', 'Hello');
    const lines = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { success: boolean });
    expect(json.code).toBe(5);
    expect(lines.at(-1)).toMatchObject({ success: false, error: { code: 'server_error' } });
    expect(lines.slice(0, -1).every((line) => line.success)).toBe(true);
  });

  it('shows a whole answer when the gateway does not stream', async () => {
    gateway.answerWith((_request, response) =>
      sendJson(response, 200, { choices: [{ message: { content: 'Whole.' }, finish_reason: 'stop' }] }),
    );
    expect(await run('--stream', 'Hello')).toEqual({ code: 0, stdout: 'Whole.\n', stderr: '' });
  });

  it('keeps control characters of the answer from a terminal, and only from there', async () => {
    const answer = 'a\u001b[2Jb\tc\n';
    gateway.answerWith((_request, response) => sendEvents(response, [chunkEvent(answer, 'stop'), done]));
    const argv = ['chat', '--stream', 'Hello', '-u', gateway.url];
    expect((await runCli(argv, { isTerminal: true })).stdout).toBe('a[2Jb\tc\n');
    expect((await runCli(argv)).stdout).toBe(answer);
  });

  it('gives up on a stream that falls silent', async () => {
    gateway.answerWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkEvent('Half'));
    });
    let idleWaits = 0;
    const clock = {
      ...systemClock,
      // The first wait is for the piece that comes; the time of the second is over at once.
      schedule(callback: () => void, delayMs: number) {
        idleWaits += delayMs === 120_000 ? 1 : 0;
        if (idleWaits === 2) setImmediate(callback);
        return () => undefined;
      },
    };
    const { code, stdout, stderr } = await runCli(['chat', '--stream', 'Hello', '-u', gateway.url], { clock });
    expect({ code, stdout }).toEqual({ code: 5, stdout: 'Half\n' });
    expect(stderr).toContain('stopped coming');
  });

  it('ends when interrupted in the middle', async () => {
    const interruption = new AbortController();
    gateway.answerWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkEvent('Half'));
      setImmediate(() => interruption.abort());
    });
    const argv = ['chat', '--stream', 'Hello', '-u', gateway.url];
    expect((await runCli(argv, { signal: interruption.signal })).code).toBe(130);
  });
});
