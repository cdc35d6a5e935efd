import type { ProviderVariables } from './gateway-config.ts';

/** Variables that the gateway reads, those that say the same together, and what they are for. Providers have more. */
export const gatewayVariables: readonly (readonly [names: string, meaning: string])[] = [
  ['GATEWAY_CONFIG, CONFIG_PATH', 'Configuration file to use.'],
  ['GATEWAY_LISTEN_ADDR, LISTEN_ADDR', 'Where to listen: `host:port`, `:port` or `[address]:port`.'],
  ['SERVER_HOST, GATEWAY_HOST', 'Address to listen on.'],
  ['SERVER_PORT, GATEWAY_PORT', 'Port to listen on.'],
  ['METRICS_PORT, GATEWAY_METRICS_PORT', 'Port of the separate metrics listener; 0 switches it off.'],
  ['LOG_LEVEL', 'Least important log lines that are written, of all or by target: `warn` or `info,health=debug`.'],
  ['RUST_LOG', 'The same; LOG_LEVEL wins.'],
  ['LOG_FORMAT', '`json` or `pretty`.'],
  ['AUTH_MODE', '`open` or `required`.'],
  ['GATEWAY_API_KEYS', 'Keys that callers may use, separated by commas; added to those of the file.'],
  ['REQUEST_SIGNING_SECRET', 'Shared secret of request signatures.'],
  ['CORS_ORIGIN', 'Origins of web pages that may call the gateway, separated by commas.'],
  ['VLLM_BACKENDS', 'JSON object of model names and base URLs; a value may be a list of replicas.'],
  [
    'ADMIN_KEY',
    'Opens `/admin/` and the management pages below `/api/v1/` to whoever sends it; at least 16 characters.',
  ],
  ['DATABASE_URL', 'PostgreSQL server that keeps keys, providers and usage, in place of the embedded file.'],
  ['SECRETS_ENCRYPTION_KEY', 'Key that stored secrets are encrypted with, such as of `openssl rand -hex 32`.'],
  ['REDIS_URL', 'Redis server in which several gateways count together, in place of each by itself.'],
];

/** Every name that is read from the environment without a configuration that names it. */
export function namesOfVariables(providers: readonly ProviderVariables[]): readonly string[] {
  return [
    ...gatewayVariables.flatMap(([names]) => names.split(', ')),
    ...providers.flatMap(({ environment }) => [...environment.apiKey, ...(environment.baseUrl ?? [])]),
  ];
}
