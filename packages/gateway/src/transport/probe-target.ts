import type { Transport } from './upstream-call.ts';

export interface ProbedEndpoint {
  readonly origin: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  /** Path and query. */
  readonly path: string;
  readonly connectMs: number;
}

/** One free GET, answered with its status. The body is thrown away. Rejects when no answer came or `signal` aborted. */
export function probeEndpoint(
  transport: Transport,
  endpoint: ProbedEndpoint,
  signal: AbortSignal,
): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    const call = transport.send(
      {
        origin: endpoint.origin,
        method: 'GET',
        path: endpoint.path,
        headers: [...endpoint.headers, 'accept', 'application/json', 'accept-encoding', 'identity'],
        body: undefined,
        connectMs: endpoint.connectMs,
      },
      {
        onHead(status) {
          answered = status;
          resolve({ status });
        },
        onData: () => true,
        onEnd: () => resolve({ status: answered }),
        onError: reject,
      },
    );
    signal.addEventListener(
      'abort',
      () => {
        call.abort();
        reject(new Error('the probe took too long'));
      },
      { once: true },
    );
  });
}
