import { createWriteStream, type WriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { type AttemptRecord, describeAttempt } from './attempt-log.ts';
import { behaviourKinds } from './decode-behaviour.ts';
import { scenarios } from './scenarios.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';

/** Where the command writes and what ends it. */
export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Ends the command; without it, SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
}

/** Runs the `llm-simulator` command until it is told to end. Resolves with the exit code: 0, 1 when it cannot listen, 2 for wrong arguments. */
export async function runCommandLine(argv: readonly string[], io: CommandIo = processIo): Promise<number> {
  let command: Command;
  try {
    command = readArguments(argv);
  } catch (error) {
    const reason = messageOf(error);
    if (argv.includes('--json')) io.stdout(failureLine({ code: 'usage', message: reason, exit_code: 2 }));
    else io.stderr(`${reason}\n\n${help}`);
    return 2;
  }
  if (command.action === 'help') io.stdout(help);
  else if (command.action === 'list') io.stdout(command.json ? `${JSON.stringify(listing())}\n` : scenarioTable());
  else return serve(command, io);
  return 0;
}

interface Command {
  readonly action: 'help' | 'list' | 'serve';
  readonly json: boolean;
  readonly recordFile: string | undefined;
  readonly options: SimulatorOptions;
}

const help = `llm-simulator: plays a model provider, faults included.

Usage: llm-simulator [options]

  --port <number>         Port to listen on; 0 takes a free one. Default 8090.
  --host <address>        Address to listen on. Default 127.0.0.1.
  --scenario <name>       Play this scenario (f1 … f25) for every model. Without it, the model's name chooses.
  --tokens <number>       Words of an answer. Default 60.
  --gap <ms>              Pause between tokens. Default 0.
  --first-token <ms>      Pause before the first token. Default 0.
  --api-key <key>         Refuse requests without this key.
  --record-file <path>    Append every attempt to this file, a JSON object a line, request body included,
                          credentials left out.
  --list                  Print the scenarios and end.
  --json                  Print JSON lines in place of text.
  --help                  Print this and end.

The control API is under /_sim/: attempts, behave, script, health, scenarios.
`;

const processIo: CommandIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

function readArguments(argv: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string', default: '127.0.0.1' },
      scenario: { type: 'string' },
      tokens: { type: 'string', default: '60' },
      gap: { type: 'string', default: '0' },
      'first-token': { type: 'string', default: '0' },
      'api-key': { type: 'string' },
      'record-file': { type: 'string' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const port = readNumber('--port', values.port);
  if (port > 65_535) throw new Error('--port must be a number from 0 to 65535.');
  return {
    action: values.help ? 'help' : values.list ? 'list' : 'serve',
    json: values.json,
    recordFile: values['record-file'],
    options: {
      port,
      host: values.host,
      tokens: readNumber('--tokens', values.tokens),
      tokenGapMs: readNumber('--gap', values.gap),
      firstTokenMs: readNumber('--first-token', values['first-token']),
      ...(values.scenario !== undefined && { behaviour: values.scenario }),
      ...(values['api-key'] !== undefined && { apiKey: values['api-key'] }),
    },
  };
}

function readNumber(option: string, text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isInteger(number) || number < 0)
    throw new Error(`${option} must be a whole number, 0 or more.`);
  return number;
}

async function serve({ json, recordFile, options }: Command, io: CommandIo): Promise<number> {
  let file: WriteStream | undefined;
  let simulator: Simulator;
  try {
    simulator = await startSimulator({
      ...options,
      keepAttempts: 1_000,
      onAttempt: (attempt) => {
        io.stdout(json ? `${JSON.stringify({ event: 'attempt', ...summary(attempt) })}\n` : attemptLine(attempt));
        file?.write(`${JSON.stringify(describeAttempt(attempt, attempt.body.length))}\n`);
      },
    });
  } catch (error) {
    const message = `The simulator cannot start: ${messageOf(error)}`;
    if (json) io.stdout(failureLine({ code: 'unwell', message, exit_code: 1 }));
    else io.stderr(`${message}\n`);
    return 1;
  }
  if (recordFile !== undefined) {
    file = createWriteStream(recordFile, { flags: 'a' });
    file.on('error', (error) => io.stderr(`The attempts cannot be recorded: ${error.message}\n`));
  }
  io.stdout(
    json ? `${JSON.stringify({ event: 'listening', url: simulator.url })}\n` : greeting(simulator.url, options),
  );
  await ended(io.signal);
  await simulator.close();
  await new Promise<void>((resolve) => (file === undefined || file.destroyed ? resolve() : file.end(() => resolve())));
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As `llm-gateway` tells of failures. */
function failureLine(error: object): string {
  return `${JSON.stringify({ success: false, error })}\n`;
}

function ended(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const names = ['SIGINT', 'SIGTERM'] as const;
    const finish = (): void => {
      for (const name of names) process.off(name, finish);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    if (signal?.aborted) return resolve();
    if (signal === undefined) for (const name of names) process.on(name, finish);
    else signal.addEventListener('abort', finish);
  });
}

function greeting(url: string, options: SimulatorOptions): string {
  const key = options.apiKey === undefined ? '' : ` -H 'authorization: Bearer ${options.apiKey}'`;
  const body = '{"model":"sim","stream":true,"messages":[{"role":"user","content":"Hello"}]}';
  const curl = `curl -N ${url}/v1/chat/completions -H 'content-type: application/json'${key} -d '${body}'`;
  return `Simulating a provider at ${url}\n\n  ${curl}\n\n${scenarioTable()}\n`;
}

function scenarioTable(): string {
  const rows = scenarios.map(({ name, does }) => `  ${name.padEnd(6)}${does}`);
  return ['Model names and what they meet (any other name is answered):', '', ...rows, ''].join('\n');
}

function listing(): unknown {
  return {
    scenarios: scenarios.map(({ name, does, settings }) => ({ name, does, settings })),
    behaviours: Object.entries(behaviourKinds).map(([kind, { does }]) => ({ kind, does })),
  };
}

function summary(attempt: AttemptRecord): object {
  const { method, path, model, stream, status, outcome, behaviour, scenario, tokensSent, bytesSent } = attempt;
  const milliseconds = Math.round((attempt.endedAt ?? attempt.startedAt) - attempt.startedAt);
  return { method, path, model, stream, status, outcome, behaviour, scenario, tokensSent, bytesSent, milliseconds };
}

function attemptLine(attempt: AttemptRecord): string {
  const { method, path, model, stream, status, outcome, behaviour, scenario, tokensSent } = attempt;
  const milliseconds = Math.round((attempt.endedAt ?? attempt.startedAt) - attempt.startedAt);
  const played = scenario === undefined ? behaviour : `${scenario} ${behaviour}`;
  const answered = `${status ?? 'no status'} ${outcome ?? 'open'} ${tokensSent} tokens ${milliseconds} ms`;
  // Names come from the client: control characters must not reach a terminal.
  return `${method} ${path} ${model || '-'}${stream ? ' stream' : ''} [${played}] ${answered}\n`.replace(
    /[\p{Cc}](?!$)/gu,
    '?',
  );
}
