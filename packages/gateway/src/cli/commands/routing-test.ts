import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AnswerPart, optionalPartsIn, partsIn, shown } from '../answer-fields.ts';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGatewayApi, isRecord } from '../gateway-api.ts';
import { type Output, type Tone, toned } from '../output.ts';
import { printableLine } from '../printable-text.ts';
import type { Session } from '../session.ts';

interface RoutingTestOptions {
  readonly model?: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly operation?: string;
  readonly stream?: boolean;
  readonly header?: Readonly<Record<string, string>>;
}

export function createRoutingTestCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'test',
    summary: 'Say who would get a request, and why the others would not; nothing is sent',
    examples: [
      { line: 'llm-gateway routing-strategy test --model gpt-4o --tenant tenant-001', note: 'For one tenant' },
      { line: 'llm-gateway routing-strategy test --model gpt-4o --stream --json', note: 'For a script' },
      { line: 'llm-gateway routing-strategy test --model gpt-4o --header "x-tier: gold"', note: 'As rules see it' },
    ],
  });
  command.addOption(new Option('-m, --model <MODEL>', 'Model to ask for; without it, a request that names none'));
  command.addOption(new Option('-t, --tenant <TENANT>', 'Tenant that asks'));
  command.addOption(new Option('--key <NAME>', "Name of the caller's key, not the key"));
  command.addOption(new Option('--operation <OPERATION>', 'What is asked for [default: chat]'));
  command.addOption(new Option('--stream', 'A request whose answer is to stream'));
  command.addOption(
    new Option('--header <HEADER>', 'A header of the request, as in "name: value"; may be repeated').argParser(
      addHeader,
    ),
  );

  return session.onRun<RoutingTestOptions>(command, async ({ io, options, globals, output }) => {
    const { header, ...asked } = options;
    const body = { ...asked, ...(header && { headers: header }) };
    const answer = await createGatewayApi(io, globals).fetchJson({
      path: '/api/v1/routing/test',
      body,
      timeoutMs: 30_000,
    });
    const candidates = partsIn(answer, 'candidates');
    const decision = isRecord(answer) ? answer['decision'] : undefined;
    const isChosen = isRecord(answer) && typeof answer['selected_target'] === 'string';
    if (isChosen) output.success(answer);
    output.line(toned(output.colors, printableLine(shown(decision)), isChosen ? 'good' : 'bad'));
    if (candidates.length > 0) await showCandidates(output, candidates);
    if (isRecord(answer)) showChain(output, answer);
    if (!isChosen) throw new CommandFailure('unwell', 'Nobody would get this request.', { data: answer });
    return exitCodes.ok.code;
  });
}

function addHeader(text: string, previous: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('It must be a name and a value with a colon between them.');
  return { ...previous, [text.slice(0, colon).trim().toLowerCase()]: text.slice(colon + 1).trim() };
}

async function showCandidates(output: Output, candidates: readonly AnswerPart[]): Promise<void> {
  const rows = candidates.map((candidate) => [
    candidate['chosen'] === true ? '*' : '',
    shown(candidate['target']),
    shown(candidate['tier']),
    shown(candidate['upstream_model']),
    shown(candidate['weight']),
    shown(candidate['usable']),
    whyNot(candidate),
  ]);
  await output.table(['', 'TARGET', 'TIER', 'MODEL', 'WEIGHT', 'USABLE', 'WHY NOT'], rows, (row) =>
    toneOf(candidates[row]!),
  );
}

function toneOf({ chosen, usable }: AnswerPart): Tone | undefined {
  if (chosen === true) return 'good';
  return usable === true ? undefined : 'bad';
}

/** What keeps a target from the request; of the one that gets it, what is wrong with it all the same. */
function whyNot(candidate: AnswerPart): string {
  const reasons = [...optionalPartsIn(candidate, 'reasons_not'), ...optionalPartsIn(candidate, 'despite')];
  return reasons.map(({ code, message }) => `${shown(code)}: ${shown(message)}`).join(' ') || '-';
}

function showChain(output: Output, answer: AnswerPart): void {
  const chain = optionalPartsIn(answer, 'fallback_chain');
  if (chain.length === 0) return;
  const texts = chain.map((step) => {
    const model = step['fallback_model'] === undefined ? '' : ` for ${shown(step['fallback_model'])}`;
    const beyond = step['beyond_max_attempts'] === true ? ' (beyond max_attempts)' : '';
    return printableLine(`${shown(step['target'])}${model}${beyond}`);
  });
  output.line(`If it fails: ${texts.join(' → ')}`);
}
