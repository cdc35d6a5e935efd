/** What the processes of one gateway say to each other besides what stores and health do. */
export const workerTopics = {
  /** Worker → primary: it serves; the payload is `WorkerAddress`. */
  listening: 'worker.listening',
  /** Primary → workers: read the configuration again; the primary has found it good. */
  reload: 'worker.reload',
  /** Primary → workers: drain and end; a second time: end at once. */
  stop: 'worker.stop',
  /** Primary asks workers for their metrics. */
  metrics: 'worker.metrics',
  /** Worker asks the primary, and it all workers, to follow a change of the record; the payload is `RecordChange`. */
  recordChanged: 'record.changed',
  /** Primary asks workers what they routed where; the payload is the window in milliseconds, if there is one. */
  routingStats: 'worker.routing_stats',
  /** Worker asks the primary what all of them routed where. */
  allRoutingStats: 'primary.routing_stats',
  /** Worker asks the primary for the metrics of all. */
  allMetrics: 'primary.metrics',
} as const;

/** Variable that tells a worker which port the others have, where it takes the place of one that died. */
export const portOfWorkers = 'LLM_GATEWAY_PORT_OF_WORKERS';

export interface WorkerAddress {
  readonly address: string;
  readonly port: number;
}
