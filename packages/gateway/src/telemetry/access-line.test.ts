import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../canonical/exchange.ts';
import { exchangeFields, logExchange } from './access-line.ts';
import { createLog, type LogOptions } from './log.ts';

const clock = { now: () => 0, wallNow: () => Date.UTC(2025, 10, 20, 12, 0, 0, 7), schedule: () => () => {} };

const attempt = {
  targetId: 'openai-1',
  provider: 'openai',
  upstreamModel: 'gpt-4o',
  outcome: 'ok',
  status: 200,
  durationMs: 800,
};

const completed: LedgerEntry = {
  id: 'req-abc123',
  operation: 'chat',
  stream: true,
  principal: 'anonymous',
  requestedModel: 'fast',
  modelLabel: 'fast',
  targetModel: 'gpt-4o',
  responseModel: 'gpt-4o-2024',
  provider: 'openai',
  targetId: 'openai-1',
  status: 200,
  outcome: 'completed',
  failure: undefined,
  attempts: [attempt],
  usage: { input: 12, output: 34 },
  durationMs: 812.34567,
  firstByteMs: 210.1,
  queuedMs: 0,
  overheadMs: 0.3104,
};

const rejected: LedgerEntry = {
  ...completed,
  stream: false,
  targetModel: undefined,
  responseModel: undefined,
  provider: undefined,
  targetId: undefined,
  status: 429,
  outcome: 'rejected',
  failure: 'rate_limited',
  attempts: [],
  usage: undefined,
  firstByteMs: undefined,
};

function linesOf(entry: LedgerEntry, options: Partial<LogOptions> = {}): string[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', format: 'json', destination, redactPersonalData: true, clock, ...options });
  logExchange(log, entry);
  return lines;
}

const said = {
  completed: ['INFO', 'Request completed'],
  failed: ['WARN', 'Request failed'],
  client_closed: ['INFO', 'Client closed request'],
  rejected: ['INFO', 'Request rejected'],
};

describe('the access line', () => {
  it('of a completed exchange, byte for byte', () => {
    expect(linesOf(completed)).toEqual([
      '{"timestamp":"2025-11-20T12:00:00.007Z","level":"INFO","target":"server","message":"Request completed",' +
        '"request_id":"req-abc123","provider":"openai","model":"gpt-4o","latency_ms":812.346,' +
        '"tokens":{"input":12,"output":34},"status":200,"operation":"chat","stream":true,"target_id":"openai-1",' +
        '"attempts":1,"principal":"anonymous","queued_ms":0,"overhead_ms":0.31,"first_byte_ms":210.1}\n',
    ]);
  });

  it('of a rejected exchange, byte for byte', () => {
    expect(linesOf(rejected)).toEqual([
      '{"timestamp":"2025-11-20T12:00:00.007Z","level":"INFO","target":"server","message":"Request rejected",' +
        '"request_id":"req-abc123","model":"fast","latency_ms":812.346,"status":429,"operation":"chat","stream":false,' +
        '"attempts":0,"failure":"rate_limited","principal":"anonymous","queued_ms":0,"overhead_ms":0.31}\n',
    ]);
  });

  it('says how it ended, and warns only of failures', () => {
    const said = (outcome: LedgerEntry['outcome']) => {
      const { level, message } = JSON.parse(linesOf({ ...completed, outcome })[0] ?? '');
      return [level, message];
    };
    expect(said('failed')).toEqual(['WARN', 'Request failed']);
    expect(said('client_closed')).toEqual(['INFO', 'Client closed request']);
    expect(linesOf(completed, { level: 'warn' })).toEqual([]);
    expect(linesOf({ ...completed, outcome: 'failed' }, { level: 'warn' })).toHaveLength(1);
  });

  it('tells the trail when there was more than one attempt, and always at debug', () => {
    const step = { target_id: 'openai-1', provider: 'openai', model: 'gpt-4o', status: 200, duration_ms: 800 };
    expect(JSON.parse(linesOf(completed)[0] ?? '').trail).toBeUndefined();
    expect(JSON.parse(linesOf(completed, { level: 'debug' })[0] ?? '').trail).toEqual([{ ...step, outcome: 'ok' }]);
    const twice = { ...completed, attempts: [{ ...attempt, outcome: 'transient', status: 503 }, attempt] };
    expect(JSON.parse(linesOf(twice)[0] ?? '')).toMatchObject({
      attempts: 2,
      trail: [
        { ...step, outcome: 'transient', status: 503 },
        { ...step, outcome: 'ok' },
      ],
    });
  });

  it('lets no secret, address or endless text of the caller through', () => {
    const model = `sk-canary-12345678 bob@mail.example ${'x'.repeat(5000)}`;
    const attempts = [{ ...attempt, outcome: 'said Bearer canary-2' }, attempt];
    const entry = { ...rejected, requestedModel: model, failure: 'Upstream: key sk-canary-3-abcdef', attempts };
    for (const format of ['json', 'pretty'] as const) {
      const text = linesOf(entry, { format, color: false }).join('');
      expect(text).not.toContain('canary');
      expect(text).not.toContain('bob@');
      expect(text.length).toBeLessThan(900);
    }
  });

  it('is valid JSON that says the same as the fields, whatever names and numbers hold', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', 'é'));
    fc.assert(
      fc.property(text, text, text, fc.double(), fc.double(), (provider, principal, model, latency, tokens) => {
        const entry: LedgerEntry = {
          ...completed,
          provider,
          principal,
          targetModel: model,
          durationMs: latency,
          usage: { input: tokens, output: 1 },
        };
        const line = linesOf(entry)[0] ?? '';
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const { timestamp, level, target, message, ...fields } = JSON.parse(line);
        expect([timestamp, level, target, message]).toEqual([
          '2025-11-20T12:00:00.007Z',
          'INFO',
          'server',
          'Request completed',
        ]);
        expect(fields).toEqual(JSON.parse(JSON.stringify(exchangeFields(entry))));
      }),
    );
  });

  it.each<Partial<LedgerEntry>>([
    { operation: 'embeddings' },
    { stream: false },
    { targetModel: 'gpt-5' },
    { targetModel: undefined },
    { provider: 'azure' },
    { targetId: 'azures-1' },
    { status: 200 + 128 },
    { outcome: 'client_closed' },
    { outcome: 'failed' },
    { failure: 'transient' },
    { attempts: [] },
    { attempts: [attempt, attempt] },
    { recovered: 'continue' },
    { isShared: true },
    { shadowOf: 'req-0' },
    { principal: 'another' },
    { isEstimated: true },
  ])('says what its exchange was after one that was the same but for %o', (change) => {
    for (const entry of [completed, { ...completed, ...change }, completed]) {
      const { timestamp, level, target, message, ...fields } = JSON.parse(linesOf(entry)[0] ?? '');
      expect(fields).toEqual(JSON.parse(JSON.stringify(exchangeFields(entry))));
      expect([timestamp, target]).toEqual(['2025-11-20T12:00:00.007Z', 'server']);
      expect([level, message]).toEqual(said[entry.outcome]);
    }
  });

  it('is written as fields where lines are not JSON', () => {
    expect(linesOf(completed, { format: 'pretty', color: false })[0]).toMatch(
      /^12:00:00\.007 INFO {2}server: Request completed request_id=req-abc123 provider=openai model=gpt-4o latency_ms=812\.346/,
    );
  });
});
