import type { ChatEvent, PartHead } from '../../src/canonical/chat-event.ts';
import type { Usage } from '../../src/canonical/usage.ts';

/** Where a sequence of events breaks the promise of chat-event.ts: a sentence for each fault, empty when it keeps it. */
export function orderFaults(events: Iterable<ChatEvent>): readonly string[] {
  const checker = new EventOrder();
  for (const event of events) checker.take(event);
  return checker.faults;
}

interface OpenPart {
  readonly choice: number;
  readonly head: PartHead;
  isSigned: boolean;
}

/** Checks events as they come. It keeps what is open, not what has been. */
export class EventOrder {
  readonly faults: string[] = [];
  readonly #open = new Map<number, OpenPart>();
  readonly #openOfChoice = new Map<number, number>();
  readonly #spoken = new Set<number>();
  readonly #finished = new Set<number>();
  #nextIndex = 0;
  #hasStarted = false;
  #last: 'end' | 'error' | undefined;

  get hasEnded(): boolean {
    return this.#last === 'end';
  }

  take(event: ChatEvent): void {
    if (this.#last) this.#fault(`${event.type} follows ${this.#last}`);
    // Signs of life and failures belong to the connection, not to the answer.
    if (!this.#hasStarted && event.type !== 'start' && event.type !== 'ping' && event.type !== 'error') {
      this.#fault(`${event.type} comes before start`);
    }
    switch (event.type) {
      case 'start':
        if (this.#hasStarted) this.#fault('a second start');
        this.#hasStarted = true;
        return;
      case 'part-start':
        this.#begin(event);
        return;
      case 'part-end':
        this.#endPart(event.index);
        return;
      case 'delta':
      case 'citation':
      case 'signature':
        this.#add(event);
        return;
      case 'logprobs':
        if (this.#finished.has(event.choice)) this.#fault(`logprobs of choice ${event.choice} after its finish`);
        return;
      case 'finish':
        this.#finish(event.choice);
        return;
      case 'usage':
        this.#checkUsage(event.usage);
        return;
      case 'end':
        this.#end();
        return;
      case 'error':
        this.#last = 'error';
    }
  }

  #begin({ index, choice, part }: Extract<ChatEvent, { type: 'part-start' }>): void {
    if (index !== this.#nextIndex) this.#fault(`part ${index} begins, ${this.#nextIndex} was due`);
    this.#nextIndex = index + 1;
    const before = this.#openOfChoice.get(choice);
    if (before !== undefined) this.#fault(`part ${index} begins while ${before} of the same choice is open`);
    if (this.#finished.has(choice)) this.#fault(`part ${index} begins after the finish of its choice`);
    this.#spoken.add(choice);
    this.#open.set(index, { choice, head: part, isSigned: false });
    this.#openOfChoice.set(choice, index);
  }

  #add({ type, index }: Extract<ChatEvent, { type: 'delta' | 'citation' | 'signature' }>): void {
    const part = this.#open.get(index);
    if (!part) {
      this.#fault(`${type} for part ${index}, which is not open`);
      return;
    }
    if (isWhole(part.head)) this.#fault(`${type} for part ${index}, which came whole`);
    if (type !== 'signature') return;
    if (part.isSigned) this.#fault(`a second signature for part ${index}`);
    part.isSigned = true;
  }

  #endPart(index: number): void {
    const part = this.#open.get(index);
    if (!part) {
      this.#fault(`part ${index} ends, which is not open`);
      return;
    }
    this.#open.delete(index);
    this.#openOfChoice.delete(part.choice);
  }

  #finish(choice: number): void {
    if (this.#finished.has(choice)) this.#fault(`a second finish of choice ${choice}`);
    if (this.#openOfChoice.has(choice)) this.#fault(`choice ${choice} finishes with an open part`);
    this.#finished.add(choice);
  }

  #end(): void {
    this.#last = 'end';
    if (this.#open.size > 0) this.#fault(`the end with ${this.#open.size} open parts`);
    for (const choice of this.#spoken) if (!this.#finished.has(choice)) this.#fault(`the end without finish ${choice}`);
  }

  #checkUsage(usage: Usage): void {
    for (const [key, count] of Object.entries(usage)) {
      if (count === undefined || (Number.isSafeInteger(count) && count >= 0)) continue;
      this.#fault(`usage with ${String(count)} as ${key}`);
    }
  }

  #fault(sentence: string): void {
    // A stream that goes wrong goes wrong often; the first faults say it.
    if (this.faults.length < 20) this.faults.push(sentence);
  }
}

function isWhole(head: PartHead): boolean {
  return 'source' in head || head.type === 'foreign';
}
