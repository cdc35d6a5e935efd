import { type Command, Option } from 'commander';
import {
  type AnswerPart,
  numberIn,
  optionalPartsIn,
  partsIn,
  percentIn,
  shown,
  spanIn,
  timeIn,
} from '../answer-fields.ts';
import { CommandFailure } from '../command-failure.ts';
import type { CommandLineIo } from '../command-line-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { decimalNumber } from '../flag-values.ts';
import { createGatewayApi, isRecord } from '../gateway-api.ts';
import { type Output, type Tone, toned } from '../output.ts';
import { printableLine } from '../printable-text.ts';
import type { Invocation, Session } from '../session.ts';

interface BackendHealthOptions {
  readonly provider?: string;
  readonly unhealthyOnly?: boolean;
  readonly history?: boolean;
  readonly watch?: boolean;
  /** Seconds. */
  readonly interval?: number;
}

const defaultIntervalSeconds = 5;

export function createBackendHealthCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'backend-health',
    summary: 'Show how each backend is (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway backend-health', note: 'All of them; exit code 1 when none can be used' },
      { line: 'llm-gateway backend-health --provider my-backend --history', note: 'What became of one provider' },
      { line: 'llm-gateway backend-health --unhealthy-only', note: 'Where something is wrong' },
      { line: 'llm-gateway backend-health --json', note: 'For a script' },
    ],
  });
  command.addOption(new Option('-p, --provider <NAME>', 'Filter by provider'));
  command.addOption(new Option('--unhealthy-only', 'Show only those with which something is wrong'));
  command.addOption(new Option('--history', 'Show what became of them lately'));
  command.addOption(new Option('-w, --watch', 'Show it again and again, until Ctrl-C'));
  command.addOption(
    new Option(
      '--interval <SECS>',
      `Seconds between two looks with --watch [default: ${defaultIntervalSeconds}]`,
    ).argParser(decimalNumber(0.1, 3600)),
  );

  return session.onRun<BackendHealthOptions>(command, (invocation) =>
    invocation.options.watch ? watch(invocation) : lookOnce(invocation),
  );
}

type BackendHealthInvocation = Invocation<BackendHealthOptions>;

async function lookOnce(invocation: BackendHealthInvocation): Promise<number> {
  const answer = await ask(invocation);
  const backends = partsIn(answer, 'backends');
  if (!backends.some((backend) => backend['usable'] === true)) {
    await show(invocation, answer);
    const { provider } = invocation.options;
    const whom = provider === undefined ? 'None of the backends' : `No backend of ${printableLine(provider)}`;
    throw new CommandFailure('unwell', `${whom} can be used.`, { data: filtered(invocation, answer) });
  }
  invocation.output.success(filtered(invocation, answer));
  await show(invocation, answer);
  return exitCodes.ok.code;
}

/** Looks again and again. Only the first look may fail: whoever watches wants to see the gateway come back. */
async function watch(invocation: BackendHealthInvocation): Promise<number> {
  const { io, options, output } = invocation;
  const intervalMs = (options.interval ?? defaultIntervalSeconds) * 1000;
  for (let isFirst = true; !io.signal.aborted; isFirst = false) {
    try {
      const answer = await ask(invocation);
      if (io.isTerminal) output.text(clearScreen);
      else if (!isFirst) output.line();
      output.success(filtered(invocation, answer));
      await show(invocation, answer);
    } catch (error) {
      if (io.signal.aborted) break;
      if (isFirst || !(error instanceof CommandFailure)) throw error;
      output.failure(error);
    }
    await pause(io, intervalMs);
  }
  return exitCodes.ok.code;
}

/** Moves to the upper left corner of a terminal and clears all that is below. */
const clearScreen = '\u001b[H\u001b[J';

/** Waits; ends early when the user interrupts. */
function pause({ clock, signal }: CommandLineIo, durationMs: number): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.schedule(end, durationMs);
    signal.addEventListener('abort', end);
  });
}

function ask({ io, globals, options }: BackendHealthInvocation): Promise<unknown> {
  const query = new URLSearchParams();
  if (options.provider !== undefined) query.set('provider', options.provider);
  if (options.history) query.set('history', 'true');
  const path = `/api/v1/backends/health${query.size === 0 ? '' : `?${query}`}`;
  return createGatewayApi(io, globals).fetchJson({ path, timeoutMs: 30_000 });
}

/** The answer as it came, but for the backends that nobody wants to see. */
function filtered({ options }: BackendHealthInvocation, answer: unknown): unknown {
  if (!options.unhealthyOnly || !isRecord(answer)) return answer;
  return { ...answer, backends: partsIn(answer, 'backends').filter(isWanting) };
}

const wellStates: readonly unknown[] = ['healthy', 'unknown', 'disabled'];

function isWanting({ status }: AnswerPart): boolean {
  return !wellStates.includes(status);
}

async function show(invocation: BackendHealthInvocation, answer: unknown): Promise<void> {
  const { options, output } = invocation;
  if (!isRecord(answer)) return;
  showSummary(output, answer);
  const backends = partsIn(filtered(invocation, answer), 'backends');
  if (backends.length > 0) await showBackends(output, backends);
  else output.line(options.unhealthyOnly ? 'Nothing is wrong with any of them.' : 'No backends.');
  const models = backends.flatMap((backend) => troubledModels(backend));
  if (models.length > 0) await showModels(output, models);
  if (options.history) await showHistory(output, answer);
}

function showSummary(output: Output, answer: AnswerPart): void {
  const count = (name: string) => numberIn(answer, `${name}_count`) ?? 0;
  const parts = [
    toned(output.colors, `${count('healthy')} healthy`, 'good'),
    toned(output.colors, `${count('degraded')} degraded`, count('degraded') > 0 ? 'warning' : undefined),
    toned(output.colors, `${count('unhealthy')} unhealthy`, count('unhealthy') > 0 ? 'bad' : undefined),
    `${count('unknown')} unknown`,
    `${count('disabled')} disabled`,
  ];
  output.line(`${timeIn(answer, 'timestamp')}  ${shown(answer['total_backends'])} backends: ${parts.join(', ')}`);
}

const tones: Readonly<Record<string, Tone>> = {
  healthy: 'good',
  degraded: 'warning',
  unhealthy: 'bad',
  quota: 'bad',
  misconfigured: 'bad',
  unusable: 'bad',
  disabled: 'quiet',
  closed: 'good',
  half_open: 'warning',
  open: 'bad',
};

async function showBackends(output: Output, backends: readonly AnswerPart[]): Promise<void> {
  const rows = backends.map((backend) => [
    shown(backend['target']),
    shown(backend['provider']),
    shown(backend['status']),
    shown(backend['circuit_breaker']),
    spanIn(backend, 'latency_ms'),
    percentIn(backend, 'success_rate'),
    spanIn(backend, 'retry_in_ms'),
    timeIn(backend, 'last_check'),
    whyOf(backend),
    shown(backend['endpoint']),
  ]);
  const headings = ['TARGET', 'PROVIDER', 'STATUS', 'BREAKER', 'LATENCY', 'SUCCESS', 'RETRY IN', 'LAST CHECK'];
  await output.table([...headings, 'WHY', 'ENDPOINT'], rows, (row, column) => {
    if (column !== 2 && column !== 3) return undefined;
    return tones[rows[row]![column]!];
  });
}

/** What brought a backend out of service; nothing for one that is well. */
function whyOf(backend: AnswerPart): string {
  const { failure, reason, status } = backend;
  if (!isWanting(backend) && status !== 'disabled') return '-';
  return failure === null || failure === undefined ? shown(reason) : `${shown(reason)}: ${shown(failure)}`;
}

/** Models whose breaker is not closed, each with the backend at which it is. */
function troubledModels(backend: AnswerPart): readonly AnswerPart[] {
  return optionalPartsIn(backend, 'models')
    .filter(({ state }) => state !== 'closed')
    .map((model) => ({ ...model, target: backend['target'] }));
}

async function showModels(output: Output, models: readonly AnswerPart[]): Promise<void> {
  const rows = models.map((model) => [
    shown(model['target']),
    shown(model['model']),
    shown(model['state']),
    shown(model['failure']),
    timeIn(model, 'since'),
    spanIn(model, 'retry_in_ms'),
  ]);
  await output.table(['TARGET', 'MODEL', 'BREAKER', 'FAILURE', 'SINCE', 'RETRY IN'], rows, (row, column) =>
    column === 2 ? tones[rows[row]![2]!] : undefined,
  );
}

async function showHistory(output: Output, answer: AnswerPart): Promise<void> {
  const changes = optionalPartsIn(answer, 'health_history');
  if (changes.length === 0) {
    output.line('Nothing has changed lately.');
    return;
  }
  const rows = changes.map((change) => [
    timeIn(change, 'at'),
    shown(change['target']),
    shown(change['model']),
    shown(change['from']),
    shown(change['to']),
    shown(change['reason']),
    shown(change['failure']),
    spanIn(change, 'lasted_ms'),
  ]);
  const headings = ['AT', 'TARGET', 'MODEL', 'FROM', 'TO', 'REASON', 'FAILURE', 'FORMER LASTED'];
  await output.table(headings, rows, (row, column) => (column === 4 ? tones[rows[row]![4]!] : undefined));
}
