import type { GatewayConfig } from './gateway-config.ts';
import type { WebhookConfig } from './record-config.ts';

export { stringify as writeYaml } from 'yaml';

const MASK = '****';
const secretKeys: ReadonlySet<string> = new Set([
  'apiKey',
  'secret',
  'sha256',
  'encryptionKey',
  'previousEncryptionKeys',
]);

/** The configuration as a plain object that can be shown to anybody: secrets are `****`, maps are objects. */
export function describeConfig(config: GatewayConfig): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, describeValue(key, value)]));
}

function describeValue(key: string, value: unknown): unknown {
  if (key === 'webhooks' && Array.isArray(value)) return value.map(describeWebhook);
  if (typeof value === 'string') return secretKeys.has(key) ? MASK : withoutCredentials(value);
  if (Array.isArray(value)) return value.map((item) => describeValue(key, item));
  if (typeof value !== 'object' || value === null) return value;
  const entries: Iterable<readonly [string, unknown]> = value instanceof Map ? value : Object.entries(value);
  const described = [...entries].map(([name, member]) => [name, describeValue(name, member)] as const);
  return Object.fromEntries(described.filter(([, member]) => member !== undefined));
}

/** The path of a webhook's address is what keeps others from sending to it. */
function describeWebhook({ url }: WebhookConfig): object {
  return { url: URL.canParse(url) ? `${new URL(url).origin}/${MASK}` : MASK, secret: MASK };
}

/** Addresses may carry a user and a password, or a key in the query. */
function withoutCredentials(value: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value)) return value;
  const { username, password, search } = new URL(value);
  let described = value;
  if (username !== '' || password !== '') described = described.replace(/\/\/[^/@]*@/, `//${MASK}@`);
  if (search !== '') described = described.replace(/\?[^#]*/, `?${MASK}`);
  return described;
}
