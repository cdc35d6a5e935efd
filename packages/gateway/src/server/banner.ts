import type { Runtime } from '../runtime.ts';

/** What a person who just started the gateway wants to know: where it is, how to call it, what to do next. */
export function startBanner(
  runtime: Pick<Runtime, 'catalog' | 'isDemo' | 'adminKey'>,
  address: { readonly host: string; readonly port: number },
): string {
  const host = address.host === '0.0.0.0' || address.host === '::' ? 'localhost' : address.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  const models = runtime.catalog.models().map(({ id }) => id);
  const model = models[0];
  const body = JSON.stringify({
    ...(model === undefined ? {} : { model }),
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  const lines = [
    `llm-gateway listens on ${url}  (OpenAI base URL: ${url}/v1)`,
    models.length === 0 ? undefined : `Models: ${models.slice(0, 8).join(', ')}${models.length > 8 ? ', …' : ''}`,
    runtime.adminKey === undefined ? undefined : `Admin API: ${url}/admin/reference`,
    '',
    'Try it:',
    `  curl ${url}/v1/chat/completions -H 'Content-Type: application/json' -d '${body.replaceAll("'", "'\\''")}'`,
    ...(runtime.isDemo ? ['', ...demoAdvice] : []),
    ...(runtime.isDemo && runtime.adminKey !== undefined ? [adminAdvice] : []),
    '',
  ];
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

const demoAdvice = [
  'No provider is configured, so only the built-in demo model answers. To reach a real one:',
  '  export OPENAI_API_KEY=sk-…        and start again, or',
  '  llm-gateway config generate > config.yaml   and fill in your providers.',
];
const adminAdvice = '  or register one while it runs: POST /admin/providers, then POST /admin/models.';
