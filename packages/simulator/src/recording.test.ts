import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecording } from './recording.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { chat } from './testing/raw-exchange.ts';

const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
const path = join(folder, 'exchanges.jsonl.gz');
const exchanges = [
  {
    method: 'POST',
    url: 'https://a.test/v1/chat',
    req: '{"model":"one"}',
    status: 200,
    resH: { 'Content-Type': 'text/event-stream', 'content-encoding': 'br', 'x-request-id': 'r1' },
    res: 'data: é\n\ndata: b\n\n',
    chunks: [7, 5, 7],
  },
  {
    method: 'POST',
    url: 'https://a.test/v1/speech',
    req: '{"model":"two"}',
    status: 418,
    resH: { 'content-type': 'audio/mpeg' },
    res: { b64: 'AP8=' },
  },
];

let simulator: Simulator;
beforeAll(async () => {
  writeFileSync(path, gzipSync(`${exchanges.map((exchange) => JSON.stringify(exchange)).join('\n')}\n`));
  simulator = await startSimulator();
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

describe('recording', () => {
  it('replays status, headers, body and chunks, without the encoding it was sent with', async () => {
    simulator.behave({ kind: 'recording', path, match: '"model":"one"' });
    const reply = await chat(simulator.url, { stream: true });
    expect(reply.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-request-id': 'r1',
      'transfer-encoding': 'chunked',
    });
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(reply.chunks.map((chunk) => chunk.length)).toEqual([7, 5, 7]);
    expect(reply.text).toBe('data: é\n\ndata: b\n\n');
  });

  it('replays binary bodies by index', async () => {
    simulator.behave({ kind: 'recording', path, index: 1 });
    const reply = await chat(simulator.url, {});
    expect(reply).toMatchObject({ status: 418, complete: true });
    expect(reply.chunks).toEqual([Buffer.from([0, 255])]);
  });

  it('says which exchange is not there', () => {
    expect(() => readRecording({ path, match: 'three' })).toThrow(`The recording ${path} has no exchange three.`);
    expect(() => readRecording({ path, index: 2 })).toThrow('has no exchange 2');
  });
});
