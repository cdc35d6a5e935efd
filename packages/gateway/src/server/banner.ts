import type { GatewayConfig } from '../config/gateway-config.ts';
import { isOffered } from '../routing/create-route.ts';
import type { Target } from '../routing/target.ts';
import type { Runtime } from '../runtime.ts';

/** Names of one kind that are shown at most. */
const MOST_NAMES = 8;

/** What a person who just started the gateway wants to know: where it is, how to call it, what to do next. */
export function startBanner(
  { adminKey, catalog, isDemo }: Pick<Runtime, 'catalog' | 'isDemo' | 'adminKey'>,
  { auth, server: { host } }: Pick<GatewayConfig, 'auth' | 'server'>,
  port: number,
): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const models = catalog.models().map(({ id }) => id);
  const providers = isDemo ? [] : [...new Set([...catalog.targets.values()].filter(isOffered).map(nameOf))];
  // Without names of models any is good that a provider knows; which ones, nobody here can say.
  const model = models[0] ?? 'MODEL';
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  const key = auth.mode === 'required' ? ' -H "Authorization: Bearer $GATEWAY_API_KEY"' : '';
  const lines = [
    `llm-gateway listens on ${url}  (OpenAI base URL: ${url}/v1)`,
    listed('Providers', providers),
    listed('Models', models),
    adminKey === undefined ? undefined : `Admin API: ${url}/admin/reference`,
    '',
    'Try it:',
    `  curl ${url}/v1/chat/completions${key} -H 'Content-Type: application/json' -d '${body.replaceAll("'", "'\\''")}'`,
    models.length === 0 ? '  with the name of a model that your provider has in place of MODEL' : undefined,
    key === '' ? undefined : '  with one of the keys that callers use in GATEWAY_API_KEY',
    ...(isDemo ? ['', ...demoAdvice] : []),
    ...(isDemo && adminKey !== undefined ? [adminAdvice] : []),
    '',
  ];
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

function nameOf({ provider }: Target): string {
  return provider;
}

function listed(title: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return `${title}: ${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ', …' : ''}`;
}

const demoAdvice = [
  'No provider is configured, so only the built-in demo model answers. To reach a real one:',
  '  export OPENAI_API_KEY=sk-…        and start again, or',
  '  llm-gateway config generate > config.yaml   and fill in your providers.',
];
const adminAdvice = '  or register one while it runs: POST /admin/providers, then POST /admin/models.';
