import type { Clock } from '../../canonical/clock.ts';
import type { MemorySpendStore } from '../memory/spend-store.ts';
import {
  type SpendAmount,
  type SpendClaim,
  type SpendReading,
  type SpendReservation,
  type SpendStore,
  wholeNanos,
} from '../spend-store.ts';
import { windowStart } from '../spend-window.ts';
import { ToldSpend } from '../told-spend.ts';
import type { ClusterBus } from './bus.ts';
import { type HostNotice, HostWatch } from './host-watch.ts';
import {
  type ReserveSpendAnswer,
  type ReserveSpendMessage,
  type SettleSpendMessage,
  spendTopics,
} from './spend-messages.ts';

export interface ClusterSpendStoreInput {
  readonly bus: Pick<ClusterBus, 'ask' | 'post'>;
  readonly clock: Pick<Clock, 'now' | 'wallNow'>;
  /** Counts while the host does not answer, from what it last said; it must not be given to anybody else. */
  readonly fallback: MemorySpendStore;
  readonly onNotice: (notice: HostNotice) => void;
  /** Milliseconds the host may take; left out: 1000. */
  readonly timeoutMs?: number;
}

/** Counts spending in the primary process, for all workers together. Thresholds are told of there. */
export function createClusterSpendStore(input: ClusterSpendStoreInput): SpendStore {
  const { bus, clock, fallback, timeoutMs = 1000 } = input;
  const watch = new HostWatch({ store: 'spending', clock, onNotice: input.onNotice });
  let lastTicket = 0;

  async function reserveAtHost(claims: readonly SpendClaim[], estimate: number): Promise<SpendReservation> {
    lastTicket += 1;
    const question: ReserveSpendMessage = { ticket: lastTicket, claims, estimate };
    const settle = (nanos: number): void => {
      const message: SettleSpendMessage = { ticket: question.ticket, nanos };
      bus.post(spendTopics.settle, message);
    };
    try {
      const answer = (await bus.ask(spendTopics.reserve, question, timeoutMs)) as ReserveSpendAnswer;
      watch.answered();
      fallback.adopt(amountsOf(claims, answer.readings));
      return new ToldSpend(answer.verdict, settle);
    } catch (error) {
      watch.failed(error);
      // The host may be slow rather than dead, and must not set anything aside for somebody who went elsewhere.
      settle(0);
      return reserveHere(claims, estimate);
    }
  }

  /** What is spent here alone is told to the host, which hears of it when it can. */
  function reserveHere(claims: readonly SpendClaim[], estimate: number): SpendReservation {
    const wallNow = clock.wallNow();
    const local = fallback.reserve(claims, estimate);
    return new ToldSpend(local.verdict, (nanos) => {
      local.settle(nanos);
      const amounts = claims.map((claim): SpendAmount => {
        return { ...claim, start: windowStart(claim.cap.window, wallNow), nanos };
      });
      if (nanos > 0) bus.post(spendTopics.add, amounts);
    });
  }

  return {
    reserve(claims, estimateNanos) {
      const estimate = wholeNanos(estimateNanos);
      if (claims.length === 0) return fallback.reserve(claims, estimate);
      return watch.shouldAsk() ? reserveAtHost(claims, estimate) : reserveHere(claims, estimate);
    },
    add: (amounts) => bus.post(spendTopics.add, amounts),
    adopt(amounts) {
      fallback.adopt(amounts);
      bus.post(spendTopics.adopt, amounts);
    },
    tellReached: (claims) => bus.post(spendTopics.tellReached, claims),
    async read(claims) {
      try {
        return (await bus.ask(spendTopics.read, claims, timeoutMs)) as readonly SpendReading[];
      } catch {
        return fallback.read(claims);
      }
    },
  };
}

function amountsOf(claims: readonly SpendClaim[], readings: readonly SpendReading[]): readonly SpendAmount[] {
  return claims.map((claim, index) => ({
    ...claim,
    start: readings[index]!.start,
    nanos: readings[index]!.spentNanos,
  }));
}
