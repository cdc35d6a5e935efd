/** Handlers of messages and questions by topic. `Sender` tells who sent, where that can differ. */
export class TopicHandlers<Sender> {
  readonly #hearers = new Map<string, Set<(payload: unknown, sender: Sender) => void>>();
  readonly #repliers = new Map<string, (payload: unknown, sender: Sender) => unknown>();

  on(topic: string, handler: (payload: unknown, sender: Sender) => void): () => void {
    const hearers = this.#hearers.get(topic) ?? new Set();
    hearers.add(handler);
    this.#hearers.set(topic, hearers);
    return () => hearers.delete(handler);
  }

  answer(topic: string, handler: (payload: unknown, sender: Sender) => unknown): void {
    this.#repliers.set(topic, handler);
  }

  hear(topic: string, payload: unknown, sender: Sender): void {
    for (const handler of this.#hearers.get(topic) ?? []) handler(payload, sender);
  }

  /** Throws when nobody answers this topic. */
  reply(topic: string, payload: unknown, sender: Sender): unknown {
    const handler = this.#repliers.get(topic);
    if (handler === undefined) throw new Error(`nobody answers ${topic}`);
    return handler(payload, sender);
  }
}
