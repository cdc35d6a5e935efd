import { SqlError } from './sql-error.ts';
import type { TimeLimit } from './time-limit.ts';

const MAX_ATTEMPTS = 3;

/** Runs a transaction again when the database asks for it: it was in another one's way and has been undone. */
export async function repeatBusy<Result>(attempt: () => Promise<Result>, limit: TimeLimit): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      const again = error instanceof SqlError && error.kind === 'busy' && limit.reason === undefined;
      if (!again || count === MAX_ATTEMPTS) throw error;
    }
  }
}
