import { setImmediate } from 'node:timers/promises';
import type { Channel } from './channel.ts';

export interface ChannelPair {
  readonly near: Channel;
  readonly far: Channel;
  /** Messages sent from the near end so far. */
  readonly sent: unknown[];
  /** A path that is cut loses everything, as one to a frozen process does. */
  cut(): void;
  mend(): void;
}

/** Two ends of a path within one process, with the copying that messages between processes undergo. */
export function createChannelPair(): ChannelPair {
  const nearHandlers = new Set<(message: unknown) => void>();
  const farHandlers = new Set<(message: unknown) => void>();
  const sent: unknown[] = [];
  let isCut = false;
  const deliver = (handlers: Set<(message: unknown) => void>, message: unknown) => {
    if (isCut) return;
    const copy: unknown = JSON.parse(JSON.stringify(message));
    for (const handler of handlers) handler(copy);
  };
  const end = (own: Set<(message: unknown) => void>, other: Set<(message: unknown) => void>): Channel => ({
    send(message) {
      if (own === nearHandlers) sent.push(message);
      deliver(other, message);
    },
    onMessage(handler) {
      own.add(handler);
      return () => own.delete(handler);
    },
  });
  return {
    near: end(nearHandlers, farHandlers),
    far: end(farHandlers, nearHandlers),
    sent,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
    },
  };
}

/** Lets everything said go back and forth a few times. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await setImmediate();
}
