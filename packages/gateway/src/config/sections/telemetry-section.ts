import * as z from 'zod';
import { integer, port, seconds, secret, text, whenAway } from './field.ts';

/** `telemetry`: logs, metrics and traces. */
export const telemetrySection = z
  .object({
    logging: z
      .object({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'warning', 'error', 'silent', 'off'])
          .default('info')
          .describe('Least important lines that are written.'),
        format: z.enum(['json', 'pretty']).optional().describe('Default: `pretty` on a terminal, `json` elsewhere.'),
        pii_redaction: z.boolean().default(true).describe('Masks e-mail addresses, keys and the like in log lines.'),
      })
      .prefault({})
      .describe('Log lines.'),
    metrics: z
      .object({
        enabled: z.boolean().default(true).describe('Collects and serves metrics.'),
        port: port()
          .optional()
          .describe('Port of the separate metrics listener; 0 switches it off. Default: `server.metrics_port`.'),
        public: z.boolean().default(true).describe('Serves `/metrics` on the main port too.'),
      })
      .prefault({})
      .describe('Metrics for Prometheus.'),
    tracing: z
      .object({
        enabled: z.boolean().default(true).describe('Sends traces.'),
        otlp_endpoint: secret().describe('Where traces are sent, an OTLP endpoint.'),
        jaeger_endpoint: secret().describe('Address of a Jaeger collector; its OTLP endpoint is used instead.'),
        sample_rate: z.number().min(0).max(1).default(1).describe('Share of requests that are traced, 0 to 1.'),
        service_name: text().optional().describe('Name of this gateway in traces.'),
      })
      .optional()
      .describe('Traces.'),
  })
  .prefault({})
  .describe('Logs, metrics and traces.');

/** `cache`: answers kept for equal requests. */
export const cacheSection = z
  .object({
    enabled: z.boolean().default(true).describe('Switches the cache on.'),
    backend: z.enum(['memory', 'redis']).default('memory').describe('Where answers are kept.'),
    max_size_mb: integer(1).default(1024).describe('Size of the cache, in mebibytes.'),
    default_ttl_seconds: seconds().default(3600).describe('How long an answer is kept, in seconds.'),
    semantic_cache: z
      .object({
        enabled: z.boolean().default(true).describe('Answers similar requests too.'),
        similarity_threshold: z.number().min(0).max(1).default(0.95).describe('How similar they must be, 0 to 1.'),
      })
      .optional()
      .describe('Answers for similar requests.'),
  })
  .optional()
  .describe('Answers kept for equal requests.');

/** `database`: where keys, providers and usage are stored. */
export const databaseSection = z
  .object({
    url: secret().describe(
      'Address of a PostgreSQL server, usually taken from the variable DATABASE_URL, which wins over it.',
    ),
    path: text()
      .optional()
      .describe('File of the embedded database, used where no server is named. Default: `./data/llm-gateway.db`.'),
    max_connections: integer(1).default(20).describe('Connections to a server at most, over all workers.'),
    min_connections: integer(0).default(5).describe('Connections kept open.'),
    auto_migrate: z.boolean().default(true).describe('Brings the tables up to date at start.'),
    spool: z
      .object({
        max_bytes: integer(1_048_576, 1_099_511_627_776)
          .default(1_073_741_824)
          .describe('Bytes that rows of usage may take on disk until the database takes them, over all workers.'),
        when_full: z
          .enum(['drop_oldest', 'refuse'])
          .default('drop_oldest')
          .describe(
            'What becomes of requests when they do, or when the disk is full. `drop_oldest`: they are served, and the oldest rows are given up and counted. `refuse`: they are answered 503.',
          ),
        sync_ms: integer(0, 60_000)
          .default(0)
          .describe(
            'Milliseconds between two orders to the disk to keep rows, for power cuts; 0 leaves it to the system.',
          ),
      })
      .prefault({})
      .describe('Where rows of usage wait until the database takes them.'),
  })
  .optional()
  .describe('Where keys, providers and usage are stored.');

/** `redis`: counters shared by several gateways. */
export const redisSection = z
  .object({
    url: secret().describe(
      'Address of the server, usually taken from the variable REDIS_URL, which wins over it: `redis://[user:password@]host[:port][/database]`, the same with `rediss://` for TLS, or `unix:///path`.',
    ),
    key_prefix: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, colons, dashes or underscores')
      .default('llm-gateway')
      .describe('Begins the names of all keys there. Gateways with the same one count together.'),
    when_away: whenAway()
      .default('open')
      .describe(
        'What becomes of limits and budgets while Redis does not answer: `open`, each machine counts by itself, or `closed`, requests that are limited are refused with `store_unavailable`.',
      ),
  })
  .optional()
  .describe('Counters shared by several gateways.');
