/**
 * The configuration files of the subjects.
 */

/** @typedef {{ port: number, upstreamPorts: readonly [number, number], key: string, directory: string }} SubjectSetting */

/** As where nothing is said; in a folder of its own, so that who watches that of the configuration is not woken by each write. */
export const DATABASE = 'data/llm-gateway.db';

/** The model whose target is asked on Anthropic's wire. */
export const MESSAGES_MODEL = 'bench-messages';

/**
 * nginx as a plain reverse proxy with one worker. Whole bodies stay in memory, as in the other subjects; streams are not
 * buffered, because the upstream asks for that with X-Accel-Buffering.
 * @param {SubjectSetting} setting
 */
export function nginxFile({ port, upstreamPorts, directory }) {
  return `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx-error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${directory}/nginx-body;
  proxy_temp_path ${directory}/nginx-proxy;
  fastcgi_temp_path ${directory}/nginx-fastcgi;
  uwsgi_temp_path ${directory}/nginx-uwsgi;
  scgi_temp_path ${directory}/nginx-scgi;
  client_max_body_size 20m;
  client_body_buffer_size 2m;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  upstream provider {
    server 127.0.0.1:${upstreamPorts[0]};
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=2048;
    location = /health { return 200; }
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer upstream-key";
    }
  }
}
`;
}

/**
 * The gateway with everything on that a request passes without a record: keys, both kinds of rate limit, queue, two
 * weighted targets with health checks, metrics and a JSON access log (its standard output, which the run sends to a file).
 * The limits are far above the load, so that they are counted and never reached.
 * @param {SubjectSetting} setting
 */
export function unrecordedGatewayFile(setting) {
  return `${JSON.stringify(gatewayConfiguration(setting), null, 2)}\n`;
}

/**
 * The same with a record in an embedded database, where the keys, their limits and budgets are, and every exchange is
 * written down with what it cost.
 * @param {SubjectSetting} setting
 */
export function recordedGatewayFile(setting) {
  const prices = { input: 2.5, cached_input: 1.25, output: 10 };
  const configuration = {
    ...gatewayConfiguration(setting),
    database: { path: DATABASE },
    pricing: { 'bench-model': prices, [MESSAGES_MODEL]: prices },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** @param {SubjectSetting} setting */
function gatewayConfiguration({ port, upstreamPorts, key }) {
  const unreachable = 1_000_000_000;
  const [first, second] = upstreamPorts;
  const target = (/** @type {number} */ upstreamPort, /** @type {number} */ weight) => ({
    url: `http://127.0.0.1:${upstreamPort}`,
    weight,
    health_path: '/v1/models',
    api_key: 'upstream-key',
    default_model: 'bench-model',
  });
  return {
    server: { host: '127.0.0.1', port, metrics_port: 0 },
    auth: {
      mode: 'required',
      keys: [
        { name: 'bench', key, tenant: 'bench' },
        { name: 'other', key: 'sk-bench-other-key' },
      ],
    },
    queue: { max_size: 10_000, timeout_secs: 300, max_concurrent: 10_000 },
    backends: [target(first, 2), target(second, 1)],
    models: {
      [MESSAGES_MODEL]: {
        providers: [
          {
            name: 'anthropic',
            api_base: `http://127.0.0.1:${first}/v1`,
            api_key: 'upstream-key',
            protocols: ['anthropic-messages'],
          },
        ],
      },
    },
    routing: { strategy: 'weighted' },
    rate_limit: { requests_per_minute: unreachable },
    security: {
      enabled: true,
      rate_limit: { enabled: true, requests_per_minute: unreachable, burst_size: unreachable },
      // One message of a megabyte is sent, which the default limits would refuse.
      validation: { max_request_size_bytes: 10_000_000, max_message_length: 10_000_000 },
    },
    resilience: { bulkhead: { max_concurrent: 10_000, max_queue: 10_000 } },
    telemetry: { logging: { level: 'info', format: 'json' }, metrics: { enabled: true } },
  };
}
