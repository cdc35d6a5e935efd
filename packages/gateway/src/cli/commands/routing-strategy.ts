import { type Command, Option } from 'commander';
import { type AnswerPart, numberIn, optionalPartsIn, partsIn, percentIn, shown, timeIn } from '../answer-fields.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGatewayApi, isRecord } from '../gateway-api.ts';
import type { Output, Tone } from '../output.ts';
import { printableLine } from '../printable-text.ts';
import type { Invocation, Session } from '../session.ts';
import { createRoutingTestCommand } from './routing-test.ts';

export function createRoutingStrategyCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'routing-strategy',
    summary: 'Show where requests go and why (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway routing-strategy test --model gpt-4o --tenant tenant-001', note: 'Who would get a request' },
      { line: 'llm-gateway routing-strategy show', note: 'The strategy of each route' },
      { line: 'llm-gateway routing-strategy weights --json', note: 'Who gets how much, for a script' },
    ],
  });
  command.addCommand(createShowCommand(session));
  command.addCommand(createRulesCommand(session));
  command.addCommand(createWeightsCommand(session));
  command.addCommand(createRoutingTestCommand(session));
  command.addCommand(createStatsCommand(session));
  return command;
}

function createShowCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'show',
    summary: 'Show strategy, options and targets of each route',
    examples: [{ line: 'llm-gateway routing-strategy show', note: 'All routes' }],
  });
  return session.onRun(command, async (invocation) => {
    const { output } = invocation;
    const answer = await ask(invocation, '/api/v1/routing/config');
    const routes = partsIn(answer, 'routes');
    if (isRecord(answer)) showDefaults(output, answer);
    if (routes.length === 0) output.line('No routes.');
    else {
      const rows = routes.map((route) => [
        shown(route['route']),
        modelsOf(route),
        shown(route['strategy']),
        tiersOf(route),
        optionsOf(route),
      ]);
      await output.table(['ROUTE', 'MODELS', 'STRATEGY', 'TIERS', 'OPTIONS'], rows);
    }
    output.success(answer);
    return exitCodes.ok.code;
  });
}

function createRulesCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'rules',
    summary: 'Show the routing rules in the order in which they are asked',
    examples: [{ line: 'llm-gateway routing-strategy rules', note: 'The first that holds decides' }],
  });
  return session.onRun(command, async (invocation) => {
    const { output } = invocation;
    const answer = await ask(invocation, '/api/v1/routing/rules');
    const rules = partsIn(answer, 'rules');
    if (rules.length === 0) output.line('No rules.');
    else {
      const rows = rules.map((rule) =>
        ['order', 'name', 'priority', 'condition', 'target', 'usable'].map((name) => shown(rule[name])),
      );
      const headings = ['ORDER', 'NAME', 'PRIORITY', 'CONDITION', 'TARGET', 'USABLE'];
      await output.table(headings, rows, (row, column) => (column === 5 ? usableTone(rows[row]![5]!) : undefined));
      output.line('Models that the configuration spells out go where it says, whatever the rules are.');
    }
    output.success(answer);
    return exitCodes.ok.code;
  });
}

function createWeightsCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'weights',
    summary: 'Show the share of each target, configured and as things stand',
    examples: [{ line: 'llm-gateway routing-strategy weights', note: 'With health and canaries taken into account' }],
  });
  return session.onRun(command, async (invocation) => {
    const { output } = invocation;
    const answer = await ask(invocation, '/api/v1/routing/weights');
    const rows = partsIn(answer, 'routes').flatMap((route) =>
      optionalPartsIn(route, 'targets').map((target) => [
        shown(route['route']),
        shown(route['strategy']),
        shown(target['tier']),
        shown(target['target']),
        numberIn(target, 'canary_percent') === undefined
          ? shown(target['weight'])
          : `canary ${target['canary_percent']} %`,
        percentIn(target, 'configured_share'),
        percentIn(target, 'effective_share'),
        shown(target['usable']),
      ]),
    );
    if (rows.length === 0) output.line('No routes.');
    else {
      const headings = ['ROUTE', 'STRATEGY', 'TIER', 'TARGET', 'WEIGHT', 'OF ITS TIER', 'NOW', 'USABLE'];
      await output.table(headings, rows, (row, column) => (column === 7 ? usableTone(rows[row]![7]!) : undefined));
    }
    output.success(answer);
    return exitCodes.ok.code;
  });
}

interface StatsOptions {
  readonly window?: string;
}

function createStatsCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'stats',
    summary: 'Show what was routed where',
    examples: [
      { line: 'llm-gateway routing-strategy stats', note: 'Since the gateway began' },
      { line: 'llm-gateway routing-strategy stats --window 15m', note: 'Lately; an hour at most' },
    ],
  });
  command.addOption(new Option('--window <TIME>', 'Only the last so much time, such as 90s, 15m or 1h'));
  return session.onRun<StatsOptions>(command, async (invocation) => {
    const { options, output } = invocation;
    const query = options.window === undefined ? '' : `?${new URLSearchParams({ window: options.window })}`;
    const answer = await ask(invocation, `/api/v1/routing/stats${query}`);
    if (isRecord(answer)) showPeriod(output, answer);
    const counters = ['requests', 'answered', 'failures', 'passed_over', 'retries', 'hedges', 'recoveries', 'copies'];
    const rows = partsIn(answer, 'targets').map((target) => [
      shown(target['target']),
      ...counters.map((name) => shown(target[name])),
    ]);
    const headings = ['TARGET', ...counters.map((name) => name.replace('_', ' ').toUpperCase())];
    await output.table(headings, rows, (row, column) =>
      column === 3 && rows[row]![3] !== '0' ? 'warning' : undefined,
    );
    output.success(answer);
    return exitCodes.ok.code;
  });
}

function ask({ io, globals }: Invocation<unknown>, path: string): Promise<unknown> {
  return createGatewayApi(io, globals).fetchJson({ path, timeoutMs: 30_000 });
}

function showDefaults(output: Output, answer: AnswerPart): void {
  const strategy = printableLine(shown(answer['strategy'] ?? 'by the weights'));
  const provider = printableLine(shown(answer['default_provider']));
  output.line(`strategy: ${strategy}  default provider: ${provider}  attempts: ${shown(answer['max_attempts'])}`);
}

function showPeriod(output: Output, answer: AnswerPart): void {
  const processes = answer['scope'] === 'process' ? ', of one of its processes' : '';
  output.line(`from ${timeIn(answer, 'from')} to ${timeIn(answer, 'to')}${processes}`);
}

const others: Readonly<Record<string, string>> = { no_model: '(none named)', other_models: '(any other)' };

function modelsOf(route: AnswerPart): string {
  const named = Array.isArray(route['models']) ? route['models'] : [];
  const also = others[String(route['also'])];
  return shown(also === undefined ? named : [...named, also]);
}

/** Targets of a tier joined by `+`, the tiers in order. */
function tiersOf(route: AnswerPart): string {
  const tiers = Array.isArray(route['tiers']) ? route['tiers'] : [];
  const texts = tiers.map((tier: unknown) =>
    (Array.isArray(tier) ? tier.filter(isRecord) : []).map((member) => shown(member['target'])).join(' + '),
  );
  return texts.join(' → ') || '-';
}

/** Options that are not what they are where nothing is configured. */
function optionsOf(route: AnswerPart): string {
  const options = isRecord(route['options']) ? route['options'] : {};
  const usual: AnswerPart = { stream_recovery: 'auto', sticky_by: 'key', hedging: null, single_flight: false };
  const changed = Object.entries(options).filter(([name, value]) => value !== usual[name]);
  return changed.map(([name, value]) => `${name}=${shown(value)}`).join(' ') || '-';
}

function usableTone(text: string): Tone {
  return text === 'yes' ? 'good' : 'bad';
}
