import { answerText } from '@llm-gateway/simulator';
import { expect } from 'vitest';
import { judge, type Outcome, wholeText } from './outcome.ts';
import type { Count, Expected } from './rows.ts';
import type { Run } from './stage.ts';

/** That a run came out as a row of the table wants it. */
export function check(run: Run, expected: Expected, text: string = wholeText): void {
  const { variant, got, first, second, ranMs } = run;
  const outcome = judge(variant.lane.caller, variant.stream, got, text);
  expect({ outcome: describeOutcome(outcome), body: endOf(outcome, run) }).toEqual({
    outcome: expect.stringMatching(wanted[expected.outcome]),
    body: expect.any(String),
  });
  expect({ first: isWithin(first.length, expected.tries[0]), tries: first.length }).toMatchObject({ first: true });
  expect({ second: isWithin(second.length, expected.tries[1]), tries: second.length }).toMatchObject({ second: true });
  if (outcome.kind === 'refused') {
    expect(outcome.status).toBe(expected.status);
    expect(outcome.message).toMatch(expected.message ?? /./);
  }
  if (expected.failure) expect(run.line['failure']).toMatch(expected.failure);
  if (expected.failures) expect(failuresIn(run)).toMatch(expected.failures);
  if (expected.withinMs !== undefined) expect(ranMs).toBeLessThan(expected.withinMs);
  checkNothingTold(run);
  checkLine(run, outcome);
}

const wanted = { whole: /^whole$/, kept: /^(whole|broken)$/, refused: /^refused$/ } as const;

function describeOutcome(outcome: Outcome): string {
  return outcome.kind === 'wrong' ? `wrong: ${outcome.why}` : outcome.kind;
}

/** What helps to see why an outcome is another. */
function endOf(outcome: Outcome, { got }: Run): string {
  if (outcome.kind === 'whole') return '';
  return `${got.status} ${got.headers['x-gateway-attempts']} …${got.body.subarray(-400).toString('utf8')}`;
}

function isWithin(count: number, wanted: Count): boolean {
  return typeof wanted === 'number' ? count === wanted : count >= wanted[0] && count <= wanted[1];
}

/** Attempts of the trail of a line of the access log, without targets that were passed over; its number where it has no trail. */
export function countSent(line: Readonly<Record<string, unknown>>): number {
  const trail = line['trail'] as readonly { readonly outcome: string }[] | undefined;
  if (trail === undefined) return Number(line['attempts']);
  return trail.filter(({ outcome }) => !['target_busy', 'limit_spent', 'inexpressible'].includes(outcome)).length;
}

/** The attempts before the one that answers, as the reply tells of them. */
export function failuresIn({ got }: Run): string {
  const trail = got.headers['x-gateway-attempts'];
  return String(trail).replace(/(, )?\S+ ok$/, '');
}

/** Whatever the reply is, it holds no key, no address of a provider, and no status that speaks of the caller's key. */
function checkNothingTold({ got, first, second }: Run): void {
  const said = got.body.length > 100_000 ? '' : `${got.body.toString('utf8')}${JSON.stringify(got.headers)}`;
  expect(said).not.toMatch(/sk-[01]-of-|127\.0\.0\.1|prefill/);
  expect([401, 403]).not.toContain(got.status);
  // Providers were asked with the gateway's keys, and with no header that is the gateway's own.
  for (const { headers } of [...first, ...second]) expect(Object.keys(headers).join()).not.toMatch(/x-gateway/);
}

/** The line of the access log agrees with what the caller saw. */
function checkLine({ got, line, variant, first, second }: Run, outcome: Outcome): void {
  expect(line).toMatchObject({ status: got.status, stream: variant.stream });
  expect(line['attempts']).toBeGreaterThanOrEqual(Math.min(1, first.length + second.length));
  expect(line['message']).toBe(outcome.kind === 'whole' ? 'Request completed' : 'Request failed');
  if (outcome.kind === 'whole') expect(line['failure']).toBeUndefined();
  else expect(line['failure']).toEqual(expect.stringMatching(/^[a-z_]+$/));
}

/** A stream that broke and was not repaired: its beginning, and an error. */
export function checkBroken({ outcome }: Run, tokens: number): void {
  expect(outcome).toEqual({
    kind: 'broken',
    text: answerText(tokens),
    message: expect.stringMatching(/^No target could answer: ./),
  });
}
