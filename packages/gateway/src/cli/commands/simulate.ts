import type { Command } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import type { Session } from '../session.ts';

export function createSimulateCommand(session: Session): Command {
  const command = session.createForeignCommand({
    name: 'simulate',
    summary: 'Play model providers, faults included (needs the package @llm-gateway/simulator)',
    examples: [
      { line: 'llm-gateway simulate --port 8090', note: 'A provider to point a gateway at' },
      { line: 'llm-gateway simulate -- --help', note: 'What the simulator understands' },
    ],
  });
  command
    .argument('[args...]', "The simulator's own arguments, handed on as they are")
    .allowUnknownOption()
    .passThroughOptions();

  return session.onRun(command, async ({ io, operands, globals }) => {
    const { runCommandLine } = await loadSimulator();
    const isJsonMissing = globals.json && !operands.includes('--json');
    return runCommandLine(isJsonMissing ? [...operands, '--json'] : operands, {
      stdout: (text) => void io.stdout.write(text),
      stderr: (text) => void io.stderr.write(text),
      signal: io.signal,
    });
  });
}

type Simulator = typeof import('@llm-gateway/simulator');

async function loadSimulator(): Promise<Simulator> {
  try {
    return await import('@llm-gateway/simulator');
  } catch (error) {
    if (!isMissing(error)) throw error;
    const advice = 'Install it with: npm install @llm-gateway/simulator';
    throw new CommandFailure('unwell', `The simulator is not installed. ${advice}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
