import type { ChatRequest, NativeForm, UnreadMember, UnreadMembers } from '../canonical/conversation.ts';
import { isNothing } from '../canonical/json.ts';

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
export function lostMembers(request: ChatRequest, told: readonly string[]): string[] {
  const places = new Set(told.map(placeOf));
  const names: string[] = [];
  for (const holder of holdersOf(request)) {
    for (const { name, value } of unreadOf(holder)) {
      if (isNothing(value) || places.has(placeOf(name))) continue;
      places.add(placeOf(name));
      names.push(name);
    }
  }
  return names;
}

function* holdersOf({ turns, tools, toolChoice }: ChatRequest): Generator<Holder> {
  for (const turn of turns) {
    yield turn;
    for (const part of turn.parts) {
      if (part.type === 'foreign') continue;
      yield part;
      if (part.type === 'tool-result') yield* part.content;
    }
  }
  for (const tool of tools) if (tool.type !== 'builtin') yield tool;
  if (toolChoice) yield toolChoice;
}

function unreadOf({ unread, native }: Holder): readonly UnreadMember[] {
  return [...(unread?.members ?? []), ...(unread?.ofMessage ?? []), ...(native?.unread ?? [])];
}

/** A path without the numbers of entries. */
function placeOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}
