import { arch, availableParallelism, freemem, platform, release, totalmem } from 'node:os';
import { type Command, Option } from 'commander';
import { version } from '../../version.ts';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGatewayApi, isRecord } from '../gateway-api.ts';
import type { Output } from '../output.ts';
import { printableLine } from '../printable-text.ts';
import type { Session } from '../session.ts';

interface InfoOptions {
  readonly detailed?: boolean;
}

/** What this program knows about itself without asking anyone. */
interface LocalInfo {
  readonly name: string;
  readonly version: string;
  readonly runtime: string;
  readonly system?: Readonly<Record<string, string | number>>;
}

export function createInfoCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'info',
    summary: 'Show gateway info',
    examples: [
      { line: 'llm-gateway info', note: 'This program and the gateway at --url' },
      { line: 'llm-gateway info --detailed', note: 'The machine and the parts of the gateway too' },
      { line: 'llm-gateway info --json', note: 'For a script' },
    ],
  });
  command.addOption(new Option('--detailed', 'Show detailed system information'));

  return session.onRun<InfoOptions>(command, async ({ io, options, globals, output }) => {
    const local = describeProgram(options.detailed === true);
    showFields(output, 'command line', { ...local, system: undefined, ...local.system });
    const api = createGatewayApi(io, globals);
    let health: unknown;
    try {
      health = await api.fetchJson({ path: '/health?detailed=true', timeoutMs: 10_000 });
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      // What is known of this program is true without a server; the failure says what is missing.
      throw new CommandFailure(error.reason, error.message, {
        status: error.status,
        serverCode: error.serverCode,
        data: { ...local, gateway: { url: api.url, reachable: error.reason !== 'unreachable' } },
        cause: error,
      });
    }
    const gateway = isRecord(health) ? health : {};
    output.success({ ...local, gateway: { url: api.url, reachable: true, ...gateway } });
    output.line();
    showFields(output, 'gateway', { url: api.url, ...(options.detailed ? gateway : summarize(gateway)) });
    return exitCodes.ok.code;
  });
}

function describeProgram(isDetailed: boolean): LocalInfo {
  const local = { name: 'llm-gateway', version, runtime: `Node.js ${process.version}` };
  if (!isDetailed) return local;
  return {
    ...local,
    system: {
      platform: platform(),
      release: release(),
      architecture: arch(),
      processors: availableParallelism(),
      memory_total_bytes: totalmem(),
      memory_free_bytes: freemem(),
    },
  };
}

function summarize(health: Record<string, unknown>): Record<string, unknown> {
  const { status, version: serverVersion, uptime_seconds } = health;
  return { status, version: serverVersion, uptime_seconds };
}

function showFields(output: Output, title: string, fields: Readonly<Record<string, unknown>>): void {
  output.line(output.colors.bold(title));
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    output.line(`  ${name}: ${printableLine(shown)}`);
  }
}
