import { tokensOfBytes } from './canonical/estimate-tokens.ts';
import { asQuotedCount, isObject } from './canonical/json.ts';
import type { Usage } from './canonical/usage.ts';
import type { StickyBy } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import type { ParsedBody } from './parsed-body.ts';
import {
  chargingOf,
  MOST_OUTPUT,
  MOST_PICTURES,
  outputLimitOf,
  PICTURE_TOKENS,
  roughInputTokens,
  roughInputUsage,
  USUAL_OUTPUT,
} from './rough-tokens.ts';
import type { PickFacts } from './routing/pick-facts.ts';
import { needsOf } from './routing/request-needs.ts';
import { stickyHashOf } from './routing/sticky-hash.ts';
import { firstHeader } from './routing-facts.ts';

/** What strategies may know of an exchange; worked out when a strategy asks, which few do. */
export class RequestFacts implements PickFacts {
  readonly #exchange: Exchange;
  readonly #stickyBy: StickyBy;
  /** The body while it is there; what is asked later is not known. */
  readonly #body: ParsedBody | undefined;
  readonly now: number;
  readonly requestedModel: string | undefined;
  #stickyHash: number | undefined;
  #hasStickyHash = false;
  #outputTokens: number | undefined;
  #needs: number | undefined;

  constructor(exchange: Exchange, stickyBy: StickyBy, requestedModel: string | undefined) {
    this.#exchange = exchange;
    this.#stickyBy = stickyBy;
    this.#body = exchange.parsedBody;
    this.now = exchange.clock.now();
    this.requestedModel = requestedModel;
  }

  get stream(): boolean {
    return this.#exchange.facts.stream;
  }

  get stickyHash(): number | undefined {
    if (this.#hasStickyHash) return this.#stickyHash;
    this.#hasStickyHash = true;
    const { headers, principal } = this.#exchange;
    const body = this.#body;
    this.#stickyHash = stickyHashOf(this.#stickyBy, {
      identity: principal.identity,
      header: (name) => firstHeader(headers, name),
      get body() {
        return body?.whole;
      },
    });
    return this.#stickyHash;
  }

  get inputTokens(): number {
    return roughInputTokens(this.#exchange);
  }

  get outputTokens(): number {
    this.#outputTokens ??= chargingOf(this.#exchange.operation) === 'both' ? expectedOutput(this.#body?.outline) : 0;
    return this.#outputTokens;
  }

  get searchUnits(): number {
    if (this.#exchange.operation !== 'rerank') return 0;
    return roughInputUsage(this.#exchange, this.#body?.outline).searchUnits!;
  }

  get needs(): number {
    if (this.#needs === undefined) {
      const outline = this.#body?.outline;
      this.#needs = isObject(outline) ? needsOf(outline) : 0;
    }
    return this.#needs;
  }
}

/** What a request may come to before it is answered, all its answers together. */
export function estimatedUsage(exchange: Exchange): Usage {
  exchange.estimatedUsage ??= estimateOf(exchange);
  return exchange.estimatedUsage;
}

function estimateOf(exchange: Exchange): Usage {
  if (exchange.operation === 'transcription') return soundOf(exchange);
  if (exchange.operation === 'rerank') return inputEstimate(exchange);
  return { input: inputOf(exchange), output: outputOfAll(exchange) };
}

/** What a request takes that is charged by what it reads. */
export function inputEstimate(exchange: Exchange): Usage {
  return roughInputUsage(exchange, exchange.operation === 'rerank' ? outlineOf(exchange) : undefined);
}

/** The same in tokens, input and output. */
export function estimatedTokens(exchange: Exchange): number {
  const { input, output } = estimatedUsage(exchange);
  return input + output;
}

/**
 * Tokens that all answers to a request come to at most: what is guessed of an answer by its bytes, of which pictures and
 * probabilities may be nearly all, is no more.
 */
export function mostOutput(exchange: Exchange): number {
  const body = outlineOf(exchange);
  return Math.min(MOST_OUTPUT, (outputLimitOf(body) ?? MOST_UNLIMITED) * answersOf(exchange, body));
}

/** Tokens that all answers to a request have as a rule, as far as it allows them: of those that nobody saw. */
export function usualOutput(exchange: Exchange): number {
  const body = outlineOf(exchange);
  return Math.min(MOST_OUTPUT, Math.min(USUAL_OUTPUT, expectedOutput(body)) * answersOf(exchange, body));
}

/** Tokens of one answer that nobody limited: as many as models rarely pass. */
const MOST_UNLIMITED = 32_768;

function inputOf(exchange: Exchange): number {
  const { operation, upload } = exchange;
  if (upload === undefined) return roughInputTokens(exchange);
  if (operation !== 'images') return tokensOfBytes(upload.head.length);
  // What they take depends on their size in points, which nobody reads: one for each MiB, as large as they get.
  const pictures = Math.min(MOST_PICTURES, Math.ceil((upload.length ?? upload.maxBytes) / MIB));
  return pictures * PICTURE_TOKENS;
}

const MIB = 1024 * 1024;

function soundOf({ body, upload }: Exchange): Usage {
  const input = Math.ceil((body?.length ?? upload?.length ?? upload?.maxBytes ?? 0) / SOUND_BYTES_PER_TOKEN);
  return { input, audioInput: input, output: 0 };
}

/** Ten tokens a second, of sound at 16 kbit/s, which is as little as speech is sent with. */
const SOUND_BYTES_PER_TOKEN = 200;

function outputOfAll(exchange: Exchange): number {
  if (exchange.operation === 'images') return picturesOf(exchange) * PICTURE_TOKENS;
  if (chargingOf(exchange.operation) !== 'both') return 0;
  const body = outlineOf(exchange);
  return Math.min(MOST_OUTPUT, expectedOutput(body) * answersOf(exchange, body));
}

function picturesOf({ facts, parsedBody }: Exchange): number {
  const body = parsedBody?.outline;
  const asked = isObject(body) ? (asQuotedCount(body['n'] ?? 1) ?? MOST_PICTURES) : facts.choices;
  return Math.min(MOST_PICTURES, asked || 1);
}

function outlineOf(exchange: Exchange): unknown {
  return exchange.parsedBody === undefined ? readAgain(exchange) : exchange.parsedBody.outline;
}

/** Answers that are written for a request: of completions those to each of its prompts, the unchosen ones too. */
function answersOf({ facts, operation }: Exchange, body: unknown): number {
  const choices = Math.max(1, facts.choices);
  if (operation !== 'completions' || !isObject(body)) return choices;
  const { best_of: tried, prompt } = body;
  // A list of numbers is one prompt, in tokens.
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;
  return prompts * Math.max(choices, asQuotedCount(tried) ?? 1);
}

/** Tokens of one answer. */
function expectedOutput(body: unknown): number {
  return outputLimitOf(body) ?? USUAL_OUTPUT;
}

/** What was parsed is let go when the first attempt is made; only a later one that has to know pays for it again. */
function readAgain({ body }: Exchange): unknown {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
