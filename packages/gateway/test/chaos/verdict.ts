import type { Got } from '../scenarios/asking.ts';
import { countSent } from '../scenarios/checks.ts';
import { judge, type Outcome } from '../scenarios/outcome.ts';
import { maxAttempts, totalMs } from './chaos.ts';
import type { Recorded } from './recorded.ts';
import type { Ending } from './visit.ts';
import { continuedTexts, textsOf, type Wish } from './wishes.ts';

/** Milliseconds that a busy machine may add to a limit. */
const margin = 3_000;

/** What its caller saw of a request, as little of it as is needed later. */
export interface Seen {
  readonly kind: Outcome['kind'] | 'left' | 'lost';
  readonly status: number;
  readonly durationMs: number;
  readonly why: string;
  /** Of a reply that cannot be judged before more is known of it. */
  readonly got: Got | undefined;
}

/** A line of the access log. */
export type Line = Readonly<Record<string, unknown>>;

/** Everything that is known of a request when it is over. */
export interface Fate {
  readonly wish: Wish;
  readonly seen: Seen;
  readonly lines: readonly Line[];
  readonly rows: readonly Recorded[];
  /** Attempts that the targets counted. */
  readonly attempts: number;
  /** Whole texts of floods that were sent for it. */
  readonly floods: readonly string[];
}

/** Judges what can be judged at once. */
export function see(wish: Wish, ending: Ending): Seen {
  const { durationMs } = ending;
  if (ending.kind === 'left') return { kind: 'left', status: 499, durationMs, why: '', got: undefined };
  if (ending.kind === 'lost') return { kind: 'lost', status: 0, durationMs, why: ending.why, got: undefined };
  const { got } = ending;
  const outcome = judgeTexts(wish, got, textsOf(wish));
  const isWrong = outcome.kind === 'wrong';
  return {
    kind: outcome.kind,
    status: got.status,
    durationMs,
    why: isWrong ? outcome.why : '',
    got: isWrong ? got : undefined,
  };
}

/** What a caller got in the end, and all that is wrong with the request. */
export function judgeFate(fate: Fate): { readonly kind: Seen['kind']; readonly complaints: readonly string[] } {
  const { wish, seen, lines, rows, attempts } = fate;
  const [line = {}] = lines;
  const row = rows[0];
  const { kind, why } = seen.kind === 'wrong' ? judgeAgain(fate, line) : seen;
  const told = countSent(line);
  const isCompleted = line['message'] === 'Request completed';
  const checks: readonly (readonly [isGood: boolean, otherwise: string])[] = [
    [lines.length === 1, `it has ${lines.length} lines in the access log`],
    [seen.durationMs <= totalMs + margin, `it took ${Math.round(seen.durationMs)} ms`],
    [attempts <= maxAttempts, `its targets were asked ${attempts} times`],
    [told <= maxAttempts, `its line tells of ${told} attempts`],
    [attempts <= told, `${attempts} attempts were seen, but ${told} told`],
    [told === Number(line['attempts']), `its trail tells of ${told} and not of ${line['attempts']} attempts`],
    [kind !== 'lost' && kind !== 'cut' && kind !== 'wrong', `it was ${kind}: ${why}`],
    // Who leaves at the very end may have been answered, or refused, for all that the gateway knows.
    [seen.status === line['status'] || kind === 'left', `status ${seen.status} is told as ${line['status']}`],
    [isCompleted === (kind === 'whole') || kind === 'left', `${kind} is told as ${line['message']}`],
    [rows.length === 1, `it has ${rows.length} rows in the ledger`],
    [row?.status === line['status'], `its row has status ${row?.status} where its line has ${line['status']}`],
    [row?.attempts === told, `its row has ${row?.attempts} attempts where its line has ${told}`],
    [(row?.told ?? told) === told, `${row?.told} attempts of ${told} are told within its row`],
    [(row?.outcome === 'completed') === isCompleted, `${line['message']} is recorded as ${row?.outcome}`],
    [isCompleted === (line['failure'] === undefined), `${line['message']} is told with failure ${line['failure']}`],
  ];
  const complaints = checks.flatMap(([isGood, otherwise]) => (isGood ? [] : [`${describe(wish)}: ${otherwise}`]));
  return { kind, complaints };
}

/** With what was learned later: floods are whole answers, and one target may have gone on with what another began. */
function judgeAgain(
  { wish, seen, floods }: Fate,
  line: Line,
): { readonly kind: Outcome['kind']; readonly why: string } {
  const continued = wish.agree || line['recovered'] !== 'continue' ? [] : continuedTexts(wish);
  const outcome = seen.got && judgeTexts(wish, seen.got, [...floods, ...continued]);
  if (outcome !== undefined && outcome.kind !== 'wrong') return { kind: outcome.kind, why: '' };
  return { kind: 'wrong', why: seen.why };
}

/** The reply is good if it is for one of these texts; else the reason is that of the text which it is for, if any. */
function judgeTexts({ caller, stream }: Wish, got: Got, texts: readonly string[]): Outcome {
  let worst: Outcome = { kind: 'wrong', why: 'There is no such text.' };
  for (const [place, text] of texts.entries()) {
    const outcome = judge(caller, stream, got, text);
    if (outcome.kind !== 'wrong') return outcome;
    if (place === 0 || !outcome.why.includes('The text is another')) worst = outcome;
  }
  return worst;
}

function describe({ number, caller, model, stream, plain, agree }: Wish): string {
  const words = `${plain[0]?.tokens} words${agree ? '' : ', five texts'}`;
  return `request ${number} (${caller.name}, ${model}, ${stream ? 'stream' : 'unary'}, ${words})`;
}
