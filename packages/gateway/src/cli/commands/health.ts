import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { decimalNumber } from '../flag-values.ts';
import { createGatewayApi, isRecord, readServerError, statusFailure } from '../gateway-api.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable-text.ts';
import type { Session } from '../session.ts';

interface HealthOptions {
  readonly detailed?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

const defaultTimeoutSeconds = 10;
/** States in which the gateway serves; `degraded` serves with less than all of its providers. */
const wellStates: readonly unknown[] = ['ok', 'healthy', 'degraded'];

export function createHealthCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'health',
    summary: 'Check gateway health',
    examples: [
      {
        line: 'llm-gateway health',
        note: 'Exit code 0 when the gateway is well, as a container health check wants it',
      },
      { line: 'llm-gateway health --detailed --timeout 5', note: 'Its parts and providers' },
      { line: 'llm-gateway --json health', note: 'For a script' },
    ],
  });
  command.addOption(new Option('--detailed', 'Show detailed health information'));
  command.addOption(
    new Option('--timeout <SECS>', `Health check timeout [default: ${defaultTimeoutSeconds}]`).argParser(
      decimalNumber(0.001, 3600),
    ),
  );

  return session.onRun<HealthOptions>(command, async ({ io, options, globals, output }) => {
    const api = createGatewayApi(io, globals);
    const reply = await api.send({
      path: options.detailed ? '/health?detailed=true' : '/health',
      timeoutMs: (options.timeout ?? defaultTimeoutSeconds) * 1000,
    });
    let body: unknown;
    try {
      body = await reply.json();
    } finally {
      reply.close();
    }
    if (reply.status >= 300 && reply.status < 500) throw statusFailure(reply.status, body);
    const state = isRecord(body) ? body['status'] : undefined;
    if (reply.status >= 500 || !wellStates.includes(state)) throw unhealthy(api.url, reply.status, body);

    output.success(body);
    if (state === 'degraded') output.warning(`The gateway at ${api.url} is degraded.`);
    const shown = printableLine(String(state));
    output.line(`${api.url}: ${state === 'degraded' ? output.colors.yellow(shown) : output.colors.green(shown)}`);
    if (options.detailed && isRecord(body)) await showDetails(output, body);
    return exitCodes.ok.code;
  });
}

function unhealthy(url: string, status: number, body: unknown): CommandFailure {
  const state = isRecord(body) && typeof body['status'] === 'string' ? printableLine(body['status']) : 'unknown';
  const { message, code } = readServerError(body);
  const said = message === undefined ? '' : `: ${message}`;
  return new CommandFailure('unwell', `The gateway at ${url} is not healthy (status ${status}, ${state})${said}`, {
    status,
    serverCode: code,
    data: body,
  });
}

/** Simple values as lines, lists and maps of parts as tables, whatever parts this version of the server reports. */
async function showDetails(output: Output, body: Record<string, unknown>): Promise<void> {
  for (const [name, value] of Object.entries(body)) {
    if (name === 'status') continue;
    if (typeof value !== 'object' || value === null) output.line(`${name}: ${printableLine(String(value))}`);
    else await showParts(output, name, value);
  }
}

async function showParts(output: Output, name: string, parts: object): Promise<void> {
  const records = Object.entries(parts).map(([key, part]: [string, unknown]): Record<string, unknown> => {
    const label = Array.isArray(parts) ? {} : { name: key };
    return isRecord(part) ? { ...label, ...part } : { ...label, status: part };
  });
  if (records.length === 0) return;
  const headings = [...new Set(records.flatMap((record) => Object.keys(record)))];
  output.line(`\n${output.colors.bold(name)}`);
  await output.table(
    headings,
    records.map((record) => headings.map((heading) => showValue(record[heading]))),
  );
}

function showValue(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
