import { createRequire } from 'node:module';
import type { SqlCell } from '../database.ts';
import type { ThreadReply } from './thread-messages.ts';

/** Times that a file is tried to be opened which another process has, and milliseconds between two of them. */
export const OPEN_ATTEMPTS = 50;
export const PAUSE_MS = 20;

/** The driver, looked up from the place of another module: a program that is a text has no place of its own. */
export function driver<Binding>(name: string, requireFrom: string): Binding {
  return createRequire(requireFrom)(name) as Binding;
}

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(String((error as { code?: unknown })?.code));
}

/** A JavaScript number would be bound as a floating point number, which is not what a column of integers compares to. */
export function toBinding(value: unknown): unknown {
  return (typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'boolean'
    ? BigInt(value)
    : value;
}

export function toCell(value: SqlCell): SqlCell {
  return typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** What the driver, or the file system, failed with. */
export function faultOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return { code: String(code ?? ''), message: String(message ?? error) };
}

export function faultReply(error: unknown, id: number): ThreadReply {
  return { id, ...faultOf(error) };
}
