import type { ChatRequest, NativeForm, Part, UnreadMember, UnreadMembers } from '../canonical/conversation.ts';
import { isObject } from '../canonical/json.ts';

/** What may have been read of more than the vocabulary has words for. */
interface Holder {
  readonly unread?: UnreadMembers | undefined;
  readonly native?: NativeForm | undefined;
}

/**
 * Members within messages, their parts and tools that only upstreams of the caller's own wire get, by their paths. Of those that
 * stand at the same place in several entries of a list, the first; what says nothing (`annotations: []`) is no loss. `told`: what
 * is told of anyway.
 */
export function lostMembers({ turns, tools, toolChoice }: ChatRequest, told: readonly string[]): string[] {
  const losses = new Losses(told);
  for (const turn of turns) {
    losses.noteHolder(turn);
    for (const part of turn.parts) losses.notePart(part);
  }
  for (const tool of tools) if (tool.type !== 'builtin') losses.noteHolder(tool);
  if (toolChoice) losses.noteHolder(toolChoice);
  return losses.names;
}

class Losses {
  readonly names: string[] = [];
  readonly #told: Set<string>;

  constructor(told: readonly string[]) {
    this.#told = new Set(told.map(placeOf));
  }

  notePart(part: Part): void {
    if (part.type === 'foreign') return;
    this.noteHolder(part);
    if (part.type !== 'tool-result') return;
    for (const item of part.content) this.noteHolder(item);
  }

  noteHolder({ unread, native }: Holder): void {
    this.#note(unread?.members);
    this.#note(unread?.ofMessage);
    this.#note(native?.unread);
  }

  #note(members: readonly UnreadMember[] | undefined): void {
    for (const { name, value } of members ?? []) {
      if (saysNothing(value) || this.#told.has(placeOf(name))) continue;
      this.#told.add(placeOf(name));
      this.names.push(name);
    }
  }
}

/** A path without the numbers of entries. */
function placeOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

function saysNothing(value: unknown): boolean {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return true;
  return isObject(value) && Object.keys(value).length === 0;
}
