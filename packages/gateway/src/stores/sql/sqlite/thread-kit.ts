import type { SqlCell } from '../database.ts';
import type { ThreadReply } from './thread-messages.ts';

/** What `threadKit` gives. */
export type ThreadKit = ReturnType<typeof threadKit>;

/** What the programs of threads have in common. It is handed to them as text, as they are: nothing outside it can be named. */
export function threadKit() {
  return {
    /** Times that a file is tried to be opened which another process has, and milliseconds between two of them. */
    openAttempts: 50,
    pauseMs: 20,

    isBusy: (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(String((error as { code?: unknown })?.code)),

    // A JavaScript number would be bound as a floating point number, which is not what a column of integers compares to.
    toBinding: (value: unknown): unknown =>
      (typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'boolean' ? BigInt(value) : value,

    toCell: (value: SqlCell): SqlCell =>
      typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value,

    faultOf(error: unknown, id: number): ThreadReply {
      const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
      return { id, code: String(code ?? ''), message: String(message ?? error) };
    },
  };
}
