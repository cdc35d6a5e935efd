import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGatewayApi, isRecord } from '../gateway-api.ts';
import { printableLine } from '../printable-text.ts';
import type { Session } from '../session.ts';

interface ModelsOptions {
  readonly provider?: string;
  readonly capabilities?: boolean;
}

interface ListedModel {
  readonly id: string;
  readonly ownedBy: string;
  readonly providers: readonly { readonly name: string; readonly isAvailable: boolean }[];
  readonly capabilities: unknown;
  /** Tokens. */
  readonly contextWindow: number | undefined;
  /** The day its provider switches it off, as the provider writes it. */
  readonly shutdownDate: string | undefined;
  readonly raw: Record<string, unknown>;
}

export function createModelsCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'models',
    summary: 'List available models',
    examples: [
      { line: 'llm-gateway models', note: 'Every model the API key may use' },
      {
        line: 'llm-gateway models --provider openai --capabilities',
        note: 'Those of one provider, and what they can do',
      },
      { line: 'llm-gateway models --json', note: 'For a script' },
    ],
  });
  command.addOption(new Option('-p, --provider <NAME>', 'Filter by provider'));
  command.addOption(new Option('--capabilities', 'Show model capabilities'));

  return session.onRun<ModelsOptions>(command, async ({ io, options, globals, output }) => {
    const body = await createGatewayApi(io, globals).fetchJson({ path: '/v1/models', timeoutMs: 30_000 });
    const models = readModels(body).filter((model) => isServedBy(model, options.provider));
    output.success({ object: 'list', data: models.map((model) => model.raw) });
    if (models.length === 0) output.line('No models.');
    else
      await output.table(
        headingsFor(models, options),
        models.map((model) => rowFor(model, models, options)),
      );
    for (const { id, shutdownDate } of models) {
      if (shutdownDate !== undefined)
        output.warning(`${printableLine(id)} will be switched off by its provider on ${shutdownDate}.`);
    }
    return exitCodes.ok.code;
  });
}

function readModels(body: unknown): ListedModel[] {
  const list = isRecord(body) ? body['data'] : undefined;
  if (!Array.isArray(list)) throw new CommandFailure('server_error', 'The answer is not a list of models.');
  return list.filter(isRecord).map((raw) => ({
    id: String(raw['id'] ?? ''),
    ownedBy: typeof raw['owned_by'] === 'string' ? raw['owned_by'] : '-',
    providers: Array.isArray(raw['providers']) ? raw['providers'].map(readProvider) : [],
    capabilities: raw['capabilities'],
    contextWindow: typeof raw['context_window'] === 'number' ? raw['context_window'] : undefined,
    shutdownDate: readDate(raw['shutdown_date']),
    raw,
  }));
}

/** A date as its provider writes it; seconds since 1970 become a day. */
function readDate(value: unknown): string | undefined {
  if (typeof value === 'string') return printableLine(value);
  if (typeof value !== 'number' || !(Math.abs(value) < 8.64e12)) return undefined;
  return new Date(value * 1000).toISOString().slice(0, 10);
}

function readProvider(value: unknown): { name: string; isAvailable: boolean } {
  if (!isRecord(value)) return { name: String(value), isAvailable: true };
  return { name: String(value['name'] ?? ''), isAvailable: value['available'] !== false };
}

function isServedBy(model: ListedModel, provider: string | undefined): boolean {
  if (provider === undefined) return true;
  const wanted = provider.toLowerCase();
  const names = model.providers.length > 0 ? model.providers.map(({ name }) => name) : [model.ownedBy];
  return names.some((name) => name.toLowerCase() === wanted);
}

function headingsFor(models: readonly ListedModel[], options: ModelsOptions): string[] {
  const headings = ['MODEL', 'OWNER', 'PROVIDERS'];
  if (models.some((model) => model.contextWindow !== undefined)) headings.push('CONTEXT');
  if (options.capabilities) headings.push('CAPABILITIES');
  if (models.some((model) => model.shutdownDate !== undefined)) headings.push('SHUTDOWN');
  return headings;
}

function rowFor(model: ListedModel, models: readonly ListedModel[], options: ModelsOptions): string[] {
  const providers = model.providers.map(({ name, isAvailable }) => (isAvailable ? name : `${name} (unavailable)`));
  const row = [model.id, model.ownedBy, providers.join(', ') || '-'];
  if (models.some((other) => other.contextWindow !== undefined)) {
    row.push(model.contextWindow?.toLocaleString('en-US') ?? '-');
  }
  if (options.capabilities) row.push(showCapabilities(model.capabilities));
  if (models.some((other) => other.shutdownDate !== undefined)) row.push(model.shutdownDate ?? '-');
  return row;
}

/** What the server says, and `unknown` where it says nothing. */
function showCapabilities(capabilities: unknown): string {
  if (Array.isArray(capabilities)) return capabilities.map(String).join(', ') || 'none';
  if (!isRecord(capabilities)) return 'unknown';
  const shown = Object.entries(capabilities).flatMap(([name, value]) => {
    if (value === true) return [name];
    return value === false || value === null
      ? []
      : [`${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`];
  });
  return shown.join(', ') || 'none';
}
