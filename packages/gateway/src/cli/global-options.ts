import { type Command, Option } from 'commander';
import type { CommandLineIo } from './command-line-io.ts';

const defaultUrl = 'http://localhost:8080';

export const globalHeading = 'Global Options:';

/** The options every command takes, before or after its name. */
export interface GlobalOptions {
  readonly json: boolean;
  /** How often `-v` was given. */
  readonly verbosity: number;
  readonly url: string;
  readonly apiKey: string | undefined;
}

interface GivenGlobals {
  readonly json?: boolean;
  readonly verbose?: number;
  readonly url?: string;
  readonly apiKey?: string;
}

/** Declares the global options on a command. None has a commander default: what was not given must stay unset. */
export function addGlobalOptions(command: Command): Command {
  const options = [
    new Option('-v, --verbose', 'Increase output verbosity (-v, -vv, -vvv)').argParser(
      (_value: string, previous: number | undefined) => (previous ?? 0) + 1,
    ),
    new Option('--json', 'Output in JSON format'),
    new Option('-u, --url <URL>', `Gateway server URL [default: ${defaultUrl}] [env: GATEWAY_URL]`),
    new Option('-k, --api-key <API_KEY>', 'API key for authentication [env: GATEWAY_API_KEY]'),
  ];
  for (const option of options) command.addOption(option.helpGroup(globalHeading));
  return command;
}

/** The flags of the command itself that were given, without the global ones. */
export function readOwnOptions(command: Command): Record<string, unknown> {
  const { json: _json, verbose: _verbose, url: _url, apiKey: _apiKey, ...own } = command.opts();
  return own;
}

/** What counts after the flags of the command, those of its parents and the environment. The nearest flag wins. */
export function readGlobalOptions(command: Command, env: CommandLineIo['env']): GlobalOptions {
  let json = false;
  let verbosity = 0;
  let url: string | undefined;
  let apiKey: string | undefined;
  for (let current: Command | null = command; current !== null; current = current.parent) {
    const given = current.opts<GivenGlobals>();
    json ||= given.json === true;
    verbosity += given.verbose ?? 0;
    url ??= given.url;
    apiKey ??= given.apiKey;
  }
  return {
    json,
    verbosity,
    url: url ?? nonEmpty(env['GATEWAY_URL']) ?? defaultUrl,
    apiKey: apiKey ?? nonEmpty(env['GATEWAY_API_KEY']),
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}
