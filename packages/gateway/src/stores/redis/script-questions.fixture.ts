import fc from 'fast-check';
import * as limits from './limit-scripts.ts';
import type { RedisConnection } from './redis-connection.ts';
import * as slots from './slot-scripts.ts';
import * as spend from './spend-scripts.ts';

const scripts = {
  take: limits.takeScript,
  settleLimits: limits.settleScript,
  lease: limits.leaseScript,
  acquire: slots.acquireScript,
  release: slots.releaseScript,
  renewSlots: slots.renewScript,
  reserve: spend.reserveScript,
  settleSpend: spend.settleScript,
  renewSpend: spend.renewScript,
  add: spend.addScript,
  tell: spend.tellScript,
  adopt: spend.adoptScript,
  read: spend.readScript,
};

/** A call of a script by its name, which is shorter to read where a test fails. */
export interface Question {
  readonly asks: keyof typeof scripts;
  readonly keys: readonly string[];
  readonly parameters: readonly string[];
}

/** Runs one, with keys that begin so. */
export function ask(connection: Pick<RedisConnection, 'run'>, { asks, keys, parameters }: Question, prefix: string) {
  return connection.run(
    scripts[asks],
    keys.map((key) => prefix + key),
    parameters,
  );
}

/** Whole milliseconds, when the first calls are made. */
export const firstTime = 1_700_000_000_000;

/** Keys that begin so hold what no script expects. */
export const wrongKey = 'wrong';

/** Stand for the moments of the call that a question is in and of the one before, where something may have been counted. */
const theseMoments = ['@0', '@1'] as const;

/** Questions of some calls, call by call, each with its own time in its first parameter. */
export function callsOfQuestions(keys: 'right' | 'some wrong'): fc.Arbitrary<readonly (readonly Question[])[]> {
  const asked = fc.record({ question: question(keys), lateMs: mostly(0, fc.integer({ min: 1, max: 90_000 })) });
  // In steps of a 64th, which add up without rounding.
  const pause = fc.integer({ min: 0, max: 64 * 3_000 }).map((steps) => steps / 64);
  const call = fc.record({
    pauseMs: fc.oneof(fc.constant(0), pause, fc.constant(30_000)),
    questions: fc.array(asked, { minLength: 1, maxLength: 12 }),
  });
  return fc.array(call, { minLength: 1, maxLength: 5 }).map((calls) => {
    let [now, before] = [firstTime, firstTime];
    return calls.map(({ pauseMs, questions }) => {
      [now, before] = [now + pauseMs, now];
      const moments: Readonly<Record<string, string>> = { '@0': momentOf(now), '@1': momentOf(before) };
      return questions.map(({ question: { asks, keys, parameters }, lateMs }) => ({
        asks,
        keys,
        parameters: [String(now + lateMs), ...parameters.map((text) => moments[text] ?? text)],
      }));
    });
  });
}

const momentOf = (time: number) => String(Math.ceil(time));
const mostly = <Value>(usual: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const oneOf = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const numberUpTo = (max: number): fc.Arbitrary<string> => fc.integer({ min: 0, max }).map(String);
const join = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string[]> => fc.tuple(...parts);

/** A claim on a counter: its keys, and its part of the parameters. */
type Claim = readonly [keys: readonly string[], parameters: readonly string[]];

/** A question without its time. */
function question(keys: 'right' | 'some wrong'): fc.Arbitrary<Question> {
  const named = (arbitrary: fc.Arbitrary<string>) =>
    keys === 'right'
      ? arbitrary
      : mostly('', fc.constant(wrongKey)).chain((wrong) => arbitrary.map((key) => wrong + key));
  const counter = fc.oneof(windowRule(named), bucketRule(named));
  const budget = budgetClaim(named);
  const pool = named(oneOf('pool:a', 'pool:b'));
  const tickets = fc.uniqueArray(oneOf('1', '2', '3', '4', '5'), { minLength: 1, maxLength: 3 });
  const moment = oneOf(...theseMoments, String(firstTime));
  const capped = fc.tuple(oneOf('1000', '50000'), oneOf('', '50,80,100', '10'));
  return fc.oneof(
    asking('take', claimsOf(counter, join(numberUpTo(9)))),
    asking('settleLimits', claimsOf(counter, join(numberUpTo(9), moment, numberUpTo(20)))),
    windowRule(named).chain(([own, [, ...rule]]) =>
      join(numberUpTo(9), numberUpTo(900)).map((rest) => questionOf('lease', own, [...rule, ...rest])),
    ),
    fc.tuple(pool, oneOf('2', '3'), tickets).map(([key, most, asked]) => {
      return questionOf('acquire', [key], [most, '20000', ...asked]);
    }),
    fc.tuple(pool, tickets).map(([key, given]) => questionOf('release', [key], given)),
    fc.tuple(pool, tickets).map(([key, held]) => {
      return questionOf('renewSlots', [key], ['40000', String(held.length), ...held]);
    }),
    asking('reserve', claimsOf(budget, join(oneOf('900', '20000'), oneOf('0', '1'))), [
      join(oneOf('x', 'y', 'z'), oneOf('0', '300'), oneOf('1000', '15000')),
    ]),
    asking('settleSpend', claimsOf(budget, capped), [
      join(oneOf('x', 'y', 'z'), oneOf('0', '300'), numberUpTo(999), moment, oneOf('0', '0', '1')),
    ]),
    fc.tuple(budget, oneOf('x', 'y')).map(([[own, [, life]], id]) => {
      return questionOf('renewSpend', own, [life!, '1', `${id}:300`, '30000']);
    }),
    fc
      .tuple(
        claimsOf(
          budget,
          fc.tuple(capped, numberUpTo(500)).map(([some, more]) => [...some, more]),
        ),
        oneOf('p', 'q'),
      )
      .map(([[own, parameters], name]) => questionOf('add', [...own, `once:${name}`], parameters)),
    asking('tell', claimsOf(budget, capped)),
    asking('adopt', claimsOf(budget, join(numberUpTo(2_000)))),
    asking('read', claimsOf(budget, fc.constant([]))),
  );
}

function questionOf(asks: Question['asks'], keys: readonly string[], parameters: readonly string[]): Question {
  return { asks, keys, parameters };
}

function asking(
  asks: Question['asks'],
  claims: fc.Arbitrary<Claim>,
  [first = fc.constant([])]: readonly fc.Arbitrary<readonly string[]>[] = [],
): fc.Arbitrary<Question> {
  return fc.tuple(claims, first).map(([[keys, parameters], own]) => questionOf(asks, keys, [...own, ...parameters]));
}

/** Some claims, each with further parameters. A question asks for a budget once, for a limit as often as it likes. */
function claimsOf(claim: fc.Arbitrary<Claim>, further: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Claim> {
  const nameOf = ([[[key]]]: readonly [Claim, unknown]) => (key!.includes('sums:') ? key : {});
  return fc
    .uniqueArray(fc.tuple(claim, further), { minLength: 1, maxLength: 3, selector: nameOf })
    .map((claims) => [
      claims.flatMap(([[keys]]) => keys),
      claims.flatMap(([[, parameters], more]) => [...parameters, ...more]),
    ]);
}

type Naming = (arbitrary: fc.Arbitrary<string>) => fc.Arbitrary<string>;

/** A reload may have changed the numbers of a rule. */
function windowRule(named: Naming): fc.Arbitrary<Claim> {
  const rule = fc.tuple(mostly('20', fc.constant('10')), mostly('5000', fc.constant('2000')));
  return fc.tuple(named(oneOf('w:a', 'w:b')), rule).map(([log, numbers]) => [
    [log, `units:${log}`],
    ['w', ...numbers],
  ]);
}

function bucketRule(named: Naming): fc.Arbitrary<Claim> {
  const rule = fc.tuple(mostly('20', fc.constant('30')), mostly('0.003', oneOf('0.001', '0')));
  return fc.tuple(named(oneOf('b:a', 'b:b')), rule).map(([log, numbers]) => [
    [log, `units:${log}`],
    ['b', ...numbers],
  ]);
}

/** One for ever, one with an end, one that rolls over an hour. */
function budgetClaim(named: Naming): fc.Arbitrary<Claim> {
  const total = mostly('0', oneOf('700')).map((floor) => ['total', '0', '0', floor]);
  const ending = fc.tuple(mostly('90000000', fc.constant('90020000')), mostly('0', oneOf('800')));
  const counter = fc.oneof(
    total,
    ending.map(([life, floor]) => ['ending', '0', life, floor]),
    fc.constant(['rolling', '60000', '88260000', '0']),
  );
  return fc.tuple(named(fc.constant('')), counter).map(([start, [name, ...parameters]]) => {
    return [[`${start}sums:${name}`, `${start}leases:${name}`], parameters];
  });
}
