import { type Command, Option } from 'commander';
import { type AnswerPart, shown, timeIn } from '../answer-fields.ts';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import { createGatewayApi, type GatewayRequest, isRecord } from '../gateway-api.ts';
import type { Invocation, Session } from '../session.ts';

const TIMEOUT_MS = 30_000;
const MOST_SECONDS = 604_800;
const MOST_PER_MINUTE = 1_000_000_000;
/** Keys that are asked for at one time. */
const PAGE = 1_000;

export function createKeysCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'keys',
    summary: 'Manage keys of callers (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway keys list', note: 'Every key, without its value' },
      { line: 'llm-gateway keys create my-app', note: 'A key for a caller; its value is shown this once' },
      {
        line: 'llm-gateway keys rotate 3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11 --grace 3600',
        note: 'Another value; the one before is good for an hour',
      },
      { line: 'llm-gateway keys revoke 3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11', note: 'For good' },
    ],
  });
  command.addCommand(createListCommand(session));
  command.addCommand(createCreateCommand(session));
  command.addCommand(createRotateCommand(session));
  command.addCommand(createRevokeCommand(session));
  return command;
}

interface ListOptions {
  readonly tenant?: string;
}

function createListCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'list',
    summary: 'List keys, the newest first, without their values',
    examples: [
      { line: 'llm-gateway keys list', note: 'Every key, revoked ones among them' },
      { line: 'llm-gateway keys list --tenant acme --json', note: 'Those of a tenant, for a script' },
    ],
  });
  command.addOption(new Option('--tenant <ID>', 'Keys of one tenant'));

  return session.onRun<ListOptions>(command, async ({ globals, io, options, output }) => {
    const api = createGatewayApi(io, globals);
    const keys: AnswerPart[] = [];
    for (;;) {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (options.tenant !== undefined) query.set('tenant_id', options.tenant);
      const last = keys.at(-1);
      if (last !== undefined) query.set('after', String(last['id']));
      const page = await api.fetchJson({ path: `/admin/keys?${query}`, timeoutMs: TIMEOUT_MS });
      if (!Array.isArray(page)) throw new CommandFailure('server_error', 'The answer is not a list of keys.');
      keys.push(...page.filter(isRecord));
      if (page.length < PAGE) break;
    }
    output.success(keys);
    if (keys.length === 0) output.line('No keys.');
    else await output.table(['ID', 'NAME', 'KEY', 'STATE', 'TENANT', 'EXPIRES', 'LAST USED'], keys.map(rowOf));
    return exitCodes.ok.code;
  });

  function rowOf(key: AnswerPart): readonly string[] {
    return [
      shown(key['id']),
      shown(key['name']),
      shown(key['key_prefix']),
      stateOf(key),
      shown(key['tenant_id']),
      timeIn(key, 'expires_at'),
      timeIn(key, 'last_used_at'),
    ];
  }

  function stateOf({ expires_at: expiresAt, is_active: isActive }: AnswerPart): string {
    if (isActive !== true) return 'revoked';
    const isOver = typeof expiresAt === 'string' && Date.parse(expiresAt) <= session.io.clock.wallNow();
    return isOver ? 'expired' : 'active';
  }
}

interface CreateOptions {
  readonly tenant?: string;
  readonly model?: readonly string[];
  readonly expires?: string;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly tokenBudget?: number;
}

function createCreateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'create',
    summary: 'Make a key; its value is shown this once',
    examples: [
      { line: 'llm-gateway keys create my-app', note: 'For every model' },
      {
        line: 'llm-gateway keys create my-app --model gpt-4o --requests-per-minute 60 --expires 2099-01-01T00:00:00Z',
        note: 'For one model, limited, for a time',
      },
    ],
  });
  const perMinute = wholeNumber(1, MOST_PER_MINUTE);
  command.argument('<NAME>', 'What it is called');
  command.addOption(new Option('--tenant <ID>', 'The tenant that it belongs to'));
  command.addOption(new Option('--model <NAME...>', 'Models that it may use; * at the end stands for any rest'));
  command.addOption(new Option('--expires <TIME>', 'When it ends, such as 2099-01-01T00:00:00Z'));
  command.addOption(new Option('--requests-per-minute <COUNT>', 'Requests in any minute').argParser(perMinute));
  command.addOption(new Option('--tokens-per-minute <COUNT>', 'Tokens in any minute').argParser(perMinute));

  command.addOption(
    new Option('--token-budget <COUNT>', 'Tokens in all').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  );

  return session.onRun<CreateOptions>(command, async (invocation) => {
    const { expires, model, requestsPerMinute, tenant, tokenBudget, tokensPerMinute } = invocation.options;
    const body = {
      name: invocation.operands[0],
      ...(tenant !== undefined && { tenant_id: tenant }),
      ...(model !== undefined && { scopes: { models: model } }),
      ...(expires !== undefined && { expires_at: expires }),
      ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
      ...(tokensPerMinute !== undefined && { tokens_per_minute: tokensPerMinute }),
      ...(tokenBudget !== undefined && { token_budget: tokenBudget }),
    };
    return showMade(invocation, await ask(invocation, { path: '/admin/keys', body }));
  });
}

interface RotateOptions {
  readonly grace?: number;
}

function createRotateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'rotate',
    summary: 'Give a key another value, shown this once; the one before is refused from then on',
    examples: [
      { line: 'llm-gateway keys rotate 3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11', note: 'By its id; at once' },
      {
        line: 'llm-gateway keys rotate 3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11 --grace 3600',
        note: 'The value before is good for another hour',
      },
    ],
  });
  command.argument('<ID>', 'Its id');
  command.addOption(
    new Option('--grace <SECONDS>', 'How long the value before stays valid').argParser(wholeNumber(0, MOST_SECONDS)),
  );

  return session.onRun<RotateOptions>(command, async (invocation) => {
    const body = { grace_seconds: invocation.options.grace ?? 0 };
    return showMade(invocation, await ask(invocation, { path: `${pathOf(invocation)}/rotate`, body }));
  });
}

function createRevokeCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'revoke',
    summary: 'Refuse a key for good',
    examples: [
      { line: 'llm-gateway keys revoke 3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11', note: 'By its id; it stays listed' },
    ],
  });
  command.argument('<ID>', 'Its id');

  return session.onRun(command, async (invocation) => {
    const { globals, io, operands, output } = invocation;
    const request = { path: pathOf(invocation), method: 'DELETE', timeoutMs: TIMEOUT_MS } as const;
    await createGatewayApi(io, globals).fetchNothing(request);
    output.success({ id: operands[0], is_active: false });
    output.line('Revoked.');
    return exitCodes.ok.code;
  });
}

function ask({ globals, io }: Invocation<unknown>, request: Omit<GatewayRequest, 'timeoutMs'>): Promise<unknown> {
  return createGatewayApi(io, globals).fetchJson({ ...request, timeoutMs: TIMEOUT_MS });
}

function pathOf({ operands }: Invocation<unknown>): string {
  return `/admin/keys/${encodeURIComponent(operands[0] ?? '')}`;
}

/** The value stands alone on a line of its own, to be taken from there. */
function showMade({ output }: Invocation<unknown>, made: unknown): number {
  if (!isRecord(made) || typeof made['key'] !== 'string') {
    throw new CommandFailure('server_error', 'The answer has no key.');
  }
  output.success(made);
  output.line(made['key']);
  output.notice(`The key ${shown(made['name'])} has the id ${shown(made['id'])}. Its value is not shown again.`);
  return exitCodes.ok.code;
}
