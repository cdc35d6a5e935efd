import * as z from 'zod';
import { protocolNames } from '../../canonical/protocol-name.ts';
import { differingLimits } from './attempt-limit-fields.ts';
import { address, integer, percent, seconds, secret, text } from './field.ts';
import { modelFactFields } from './model-section.ts';
import { fallbackModels, poolOptionFields } from './route-option-fields.ts';

/** How a pool chooses among its targets. */
export const strategyNames = [
  'round_robin',
  'weighted',
  'least_loaded',
  'least_connections',
  'latency_optimized',
  'least_latency',
  'cost_optimized',
  'quota_aware',
  'sticky',
  'consistent_hash',
  'random',
  'priority',
  'primary_backup',
] as const;

/** The names under which a target's base URL may be given. */
export const addressKeys = ['url', 'base_url', 'api_base', 'endpoint'] as const;

type AddressKey = (typeof addressKeys)[number];

const hasAddress = (target: Partial<Record<AddressKey, string | null | undefined>>) =>
  addressKeys.some((key) => target[key] !== undefined);

const credential = () =>
  secret().describe('Key for the upstream, usually taken from a variable. It replaces what the caller sent.');

/** The address of a target under its four names; `canonical` is the one that samples and the reference show. */
function addressFields<Canonical extends AddressKey>(canonical: Canonical, description: string) {
  const alias = () => address().describe(`Same as \`${canonical}\`.`);
  return {
    [canonical]: address().describe(description),
    ...Object.fromEntries(addressKeys.filter((key) => key !== canonical).map((key) => [key, alias()])),
  } as Record<AddressKey, ReturnType<typeof address>>;
}

const targetFields = {
  enabled: z.boolean().default(true).describe('A target that is switched off is listed, but never used.'),
  api_key: credential(),
  weight: integer(1, 100_000)
    .optional()
    .describe('Share of the traffic compared with the others; 2 gets twice as much as 1.'),
  priority: integer(0, 100_000).optional().describe('Lower is tried first; equal ones share the load.'),
  region: text().optional().describe('Where the upstream is, for routing rules and cloud providers.'),
  timeout_seconds: seconds().optional().describe('Longest time for one answer of this target, in seconds.'),
  timeout: differingLimits()
    .optional()
    .describe(
      'Limits of one attempt at this target, in seconds, in place of those in `resilience.timeout`. What is left out is as there.',
    ),
  max_retries: integer(0, 100).optional().describe('Further attempts at this target within one request.'),
  protocols: z
    .array(z.enum(protocolNames))
    .min(1)
    .optional()
    .describe(
      'Wire formats in which the upstream is asked for chats, the preferred one for callers of others first. Default: what its provider is known to speak.',
    ),
  rate_limit: z
    .object({
      requests_per_minute: integer(1).optional().describe('Requests per minute sent to this target.'),
      tokens_per_minute: integer(1)
        .optional()
        .describe('Tokens per minute of this target, input and output: set aside by estimate, settled by use.'),
    })
    .optional()
    .describe('What the upstream allows; the next target is taken when it is used up.'),
  assistant_prefill: z
    .boolean()
    .optional()
    .describe(
      'Whether it goes on with an answer whose beginning it is given. Default: what its provider is known for.',
    ),
  canary_percent: percent()
    .optional()
    .describe('Share of the requests that it gets whatever the strategy, in percent; the other targets get the rest.'),
  shadow_percent: percent()
    .optional()
    .describe(
      'Share of the requests that it gets a copy of, in percent. Its answers are thrown away: it never answers a caller. Not together with `canary_percent`.',
    ),
};

const kindFields = {
  kind: text().optional().describe('Which provider it is. Default: what its name stands for.'),
  type: text().optional().describe('Same as `kind`.'),
};

const servedModels = {
  default_model: text().optional().describe('Model for requests that name none.'),
  model: text().optional().describe('The only model that it serves.'),
  models: z
    .union([z.array(text()), z.record(z.string(), text())])
    .optional()
    .describe('Models that it serves: a list of names, or public name to name at the upstream. Default: any.'),
};

/** `backends`: servers of one wire format that share all traffic. */
export const backendsSection = z
  .array(
    z
      .object({
        name: text().optional().describe('Name in logs and metrics. Default: its provider, or its place in the list.'),
        ...addressFields('url', 'Base URL without `/v1`; `chat_path` and `health_path` are appended to it.'),
        ...targetFields,
        health_path: text().startsWith('/', 'must begin with /').default('/health').describe('Path that is probed.'),
        chat_path: text()
          .startsWith('/', 'must begin with /')
          .default('/v1/chat/completions')
          .describe('Path of chat completions.'),
        ...servedModels,
      })
      .refine(hasAddress, { path: ['url'], message: 'is missing: give the base URL of the backend' }),
  )
  .default([])
  .describe('Servers that share the traffic of every model not named elsewhere.');

/** `models`: a pool of providers for each public model name. */
export const modelsSection = z
  .record(
    z.string(),
    z.object({
      model_name: text().optional().describe('Name sent upstream. Default: the key.'),
      strategy: z.enum(strategyNames).optional().describe('How the pool chooses. Default: `routing.strategy`.'),
      providers: z
        .array(
          z
            .object({
              name: text().describe('Name of the provider.'),
              ...kindFields,
              ...addressFields('api_base', 'Base URL with its version segment, for example `https://host/v1`.'),
              ...targetFields,
              api_version: text().optional().describe('Version of the API, where the provider wants one.'),
              model: text().optional().describe('Name of the model at this provider. Default: `model_name`.'),
            })
            .refine(hasAddress, { path: ['api_base'], message: 'is missing: give the base URL of the provider' }),
        )
        .default([])
        .describe(
          'Providers of this model, in order. Without any, an entry that states facts or fallbacks leaves the routes as they are.',
        ),
      fallbacks: fallbackModels()
        .optional()
        .describe('Models to go on with when this one fails, as in `routing.fallbacks`, in place of its entry there.'),
      ...poolOptionFields,
      ...modelFactFields,
    }),
  )
  .default({})
  .describe('Public model names, each with a pool of providers of its own.');

/** `providers`: providers by name. */
export const providersSection = z
  .record(
    z.string(),
    z.object({
      ...kindFields,
      ...addressFields('base_url', "Base URL of the upstream. Default: the provider's own."),
      ...targetFields,
      api_version: text().optional().describe('Version of the API, where the provider wants one.'),
      ...servedModels,
    }),
  )
  .default({})
  .describe('Providers by name; routing rules and the default provider choose among them.');

/** `vllm_backends`: base URLs by model. */
export const vllmBackendsSection = z
  .record(z.string(), z.union([serverAddress(), z.array(serverAddress()).min(1)]))
  .default({})
  .describe('Model name to base URL, or to a list of them, without `/v1`. The same as the variable VLLM_BACKENDS.');

function serverAddress() {
  return z
    .string()
    .refine(
      (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
      'must be an address that begins with http:// or https://',
    );
}

/** Base URLs by model. */
export type VllmBackends = z.output<typeof vllmBackendsSection>;
