/** A two-way path to one other process. What is sent is copied on the way; functions and classes do not survive. */
export interface Channel {
  /** Sends without waiting; what cannot be delivered is lost, so who needs an answer sets a limit. */
  send(message: unknown): void;
  /** Returns what ends the listening. */
  onMessage(handler: (message: unknown) => void): () => void;
}

/** What `process`, a forked child and a cluster worker have in common. */
export interface ProcessEndpoint {
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: 'message', handler: (message: unknown) => void): unknown;
  off(event: 'message', handler: (message: unknown) => void): unknown;
  isConnected?(): boolean;
  readonly connected?: boolean;
}

/** The channel of a process's messages: `process` in a worker, the worker or child in the primary. */
export function processChannel(endpoint: ProcessEndpoint): Channel {
  return {
    send(message) {
      const isConnected = endpoint.isConnected?.() ?? endpoint.connected === true;
      // The other end may go between the question and the sending; the callback keeps that from being thrown.
      if (isConnected) endpoint.send?.(message, () => undefined);
    },
    onMessage(handler) {
      endpoint.on('message', handler);
      return () => endpoint.off('message', handler);
    },
  };
}
