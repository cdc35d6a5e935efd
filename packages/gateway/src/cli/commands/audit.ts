import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AuditStore, AuditVerdict, ExportedEvent } from '../../stores/audit-store.ts';
import { CommandFailure } from '../command-failure.ts';
import type { CommandLineIo } from '../command-line-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Session } from '../session.ts';
import { locateRecord, type RecordOptions, recordOptions, requireRecord, withDatabase } from './record-location.ts';

/** An event that was seen before: its place, and its hash. */
interface KnownEvent {
  readonly seq: number;
  readonly hash: string;
}

interface VerifyOptions extends RecordOptions {
  readonly known?: KnownEvent;
}

interface ExportOptions extends RecordOptions {
  readonly fromSeq?: number;
  readonly kind?: string;
  readonly tenant?: string;
  readonly bodies?: boolean;
}

export function createAuditCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'audit',
    summary: 'Check and export the audit log',
    examples: [
      { line: 'llm-gateway audit verify', note: 'Whether nothing was changed, taken out or put in' },
      { line: 'llm-gateway audit export --tenant acme', note: 'What happened in one tenant, a line for each event' },
    ],
  });
  command.addCommand(createVerifyCommand(session));
  command.addCommand(createExportCommand(session));
  return command;
}

function createVerifyCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'verify',
    summary: 'Check every hash, every link and both ends of the chain of events',
    examples: [
      { line: 'llm-gateway audit verify', note: 'Tells the last event and its hash; exit code 1 when a check fails' },
      {
        line: 'llm-gateway audit verify --json',
        note: 'For a script that keeps the last hash elsewhere and gives it to --known the next time',
      },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);
  command.addOption(
    new Option(
      '--known <SEQ:HASH>',
      'An event of before that has to be there, as told by an earlier check: shows that somebody wrote the whole log anew',
    ).argParser(knownEvent),
  );

  return session.onRun<VerifyOptions>(command, async ({ io, options, output }) =>
    withAudit(io, options, async (audit, place) => {
      const verdict = await audit.verify(io.signal);
      const known = options.known === undefined ? undefined : await findKnown(audit, options.known, io.signal);
      const problem = problemOf(verdict) ?? known;
      if (problem !== undefined) {
        const data = { database: place, intact: false, problem };
        throw new CommandFailure('unwell', `The audit log at ${place} is not intact: ${problem}.`, { data });
      }
      const { bodies, events, lastHash, lastSeq } = verdict as Extract<AuditVerdict, { isIntact: true }>;
      output.success({ database: place, intact: true, events, bodies, last_seq: lastSeq, last_hash: lastHash });
      output.line(`${place}: ${output.colors.green('intact')}, ${events} events and ${bodies} bodies`);
      if (events > 0) output.line(`last event: ${lastSeq}:${lastHash}`);
      return exitCodes.ok.code;
    }),
  );
}

function createExportCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'export',
    summary: 'Write events to standard output, the oldest first, as a JSON object on each line',
    examples: [
      { line: 'llm-gateway audit export', note: 'Everything; redirect it into a file' },
      { line: 'llm-gateway audit export --from-seq 1000 --kind auth.failed', note: 'From a place in the chain on' },
      {
        line: 'llm-gateway audit export --tenant acme --bodies',
        note: 'With what the tenant asked, where that is kept',
      },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);
  command.addOption(
    new Option('--from-seq <N>', 'The first event [default: the oldest that is kept]').argParser(
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    ),
  );
  command.addOption(new Option('--kind <KIND>', 'Only events of this kind, such as key.created'));
  command.addOption(new Option('--tenant <ID>', 'Only events of this tenant'));
  command.addOption(new Option('--bodies', 'With the bodies that are kept beside events'));

  return session.onRun<ExportOptions>(command, async ({ io, options }) =>
    withAudit(io, options, async (audit) => {
      const { bodies = false, fromSeq, kind, tenant } = options;
      for await (const event of audit.export(fromSeq, io.signal)) {
        if (kind !== undefined && event.kind !== kind) continue;
        if (tenant !== undefined && event.tenantId !== tenant) continue;
        // One object on each line, with --json as well: a log may be larger than what can be put together.
        io.stdout.write(`${JSON.stringify(describe(event, bodies))}\n`);
      }
      return exitCodes.ok.code;
    }),
  );
}

async function withAudit(
  io: CommandLineIo,
  options: RecordOptions,
  work: (audit: AuditStore, place: string) => Promise<number>,
): Promise<number> {
  const location = await locateRecord(io, options);
  await requireRecord(location);
  return withDatabase(io, location, async (database) => {
    const { createSqlAuditStore } = await import('../../stores/sql/audit-store.ts');
    return work(createSqlAuditStore({ database, clock: io.clock }), database.location);
  });
}

function problemOf(verdict: AuditVerdict): string | undefined {
  if (verdict.isIntact) return undefined;
  const { problem, seq } = verdict;
  return seq === undefined ? problem : `event ${seq} is at fault: ${problem}`;
}

/** What is wrong with an event that has to be there; undefined: nothing. */
async function findKnown(
  audit: AuditStore,
  { hash, seq }: KnownEvent,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const event of audit.export(seq, signal)) {
    if (event.seq !== seq) return `event ${seq} is not kept any more, so it cannot be compared`;
    return event.hash === hash ? undefined : `event ${seq} is another one than before`;
  }
  return `event ${seq} is not there`;
}

function knownEvent(text: string): KnownEvent {
  const found = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (found === null) throw new InvalidArgumentError('It is a number, a colon and 64 hexadecimal digits.');
  return { seq: Number(found[1]), hash: found[2]! };
}

function describe(event: ExportedEvent, withBody: boolean) {
  return {
    seq: event.seq,
    at: new Date(event.at).toISOString(),
    kind: event.kind,
    actor: event.actor,
    outcome: event.outcome,
    tenant_id: event.tenantId,
    subject: event.subject,
    request_id: event.requestId,
    address: event.address,
    detail: event.detail,
    ...(withBody && { body: event.body }),
    previous_hash: event.previousHash,
    hash: event.hash,
  };
}
