import { createHash } from 'node:crypto';
import type { ChatAnswer } from '../canonical/chat-answer.ts';
import type { ChatEvent } from '../canonical/chat-event.ts';
import type { ChatRequest, Part, Tool, ToolChoice } from '../canonical/conversation.ts';
import type { Protocol, StreamDecoder, StreamFrame, ToolNameRule } from '../protocols/protocol.ts';

/** Names of a request's tools for an upstream that does not take all of them, and back. */
export class ToolNames {
  /** The caller's name → what is sent for it. */
  readonly #sent: ReadonlyMap<string, string>;
  readonly #given = new Map<string, string>();

  constructor(sent: ReadonlyMap<string, string>) {
    this.#sent = sent;
    for (const [name, alias] of sent) this.#given.set(alias, name);
  }

  /** The request with names that the upstream takes. */
  inRequest(request: ChatRequest): ChatRequest {
    return {
      ...request,
      tools: request.tools.map(
        (tool): Tool => (tool.type === 'builtin' ? tool : { ...tool, name: this.#sentFor(tool) }),
      ),
      toolChoice: request.toolChoice && this.#choice(request.toolChoice),
      turns: request.turns.map((turn) => ({ ...turn, parts: turn.parts.map((part) => this.#sentPart(part)) })),
    };
  }

  /** The answer with the caller's own names. */
  inAnswer(answer: ChatAnswer): ChatAnswer {
    const given = (part: Part): Part => (part.type === 'tool-call' ? { ...part, name: this.#givenFor(part) } : part);
    return { ...answer, choices: answer.choices.map((choice) => ({ ...choice, parts: choice.parts.map(given) })) };
  }

  /** An event of an answer with the caller's own names: calls are announced with their whole name. */
  inEvent(event: ChatEvent): ChatEvent {
    if (event.type !== 'part-start' || event.part.type !== 'tool-call') return event;
    return { ...event, part: { ...event.part, name: this.#givenFor(event.part) } };
  }

  #choice(choice: ToolChoice): ToolChoice {
    if (choice.type === 'tool') return { type: 'tool', name: this.#sentFor(choice) };
    if (choice.type !== 'allowed') return choice;
    return { type: 'allowed', mode: choice.mode, names: choice.names.map((name) => this.#sentFor({ name })) };
  }

  #sentPart(part: Part): Part {
    return part.type === 'tool-call' || part.type === 'tool-result' ? { ...part, name: this.#sentFor(part) } : part;
  }

  #sentFor({ name }: { readonly name: string }): string {
    return this.#sent.get(name) ?? name;
  }

  #givenFor({ name }: { readonly name: string }): string {
    return this.#given.get(name) ?? name;
  }
}

/** Finds names for what an upstream would refuse; undefined where it takes all of them, as nearly always. */
export function fitToolNames(request: ChatRequest, rule: ToolNameRule): ToolNames | undefined {
  const { tools, turns, toolChoice } = request;
  const isOdd = ({ name }: { readonly name: string }): boolean => name !== '' && !rule.pattern.test(name);
  const hasOdd =
    tools.some((tool) => tool.type !== 'builtin' && isOdd(tool)) ||
    turns.some(({ parts }) => parts.some((part) => isNamed(part) && isOdd(part))) ||
    (toolChoice?.type === 'tool' && isOdd(toolChoice));
  if (!hasOdd) return undefined;
  const names = namesIn(request);
  const taken = new Set(names);
  const sent = new Map<string, string>();
  for (const name of names) {
    if (!isOdd({ name }) || sent.has(name)) continue;
    const alias = freeAlias(name, rule, taken);
    taken.add(alias);
    sent.set(name, alias);
  }
  return new ToolNames(sent);
}

function isNamed(part: Part): part is Extract<Part, { readonly type: 'tool-call' | 'tool-result' }> {
  return part.type === 'tool-call' || part.type === 'tool-result';
}

function namesIn({ tools, toolChoice, turns }: ChatRequest): readonly string[] {
  const called = turns.flatMap(({ parts }) => parts.filter(isNamed).map(({ name }) => name));
  const offered = tools.filter(({ type }) => type !== 'builtin').map(({ name }) => name);
  return [...offered, ...called, ...(toolChoice?.type === 'tool' ? [toolChoice.name] : [])];
}

/**
 * What is left of a name and a hash of all of it: the same in each turn, so that caches of prompts hold. The end is kept,
 * since it tells what a tool does; before it stands whose it is.
 */
function freeAlias(name: string, { longest }: ToolNameRule, taken: ReadonlySet<string>): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_').slice(-(longest - HASH_LENGTH - 2));
  const head = /^[0-9]/.test(plain) ? `_${plain}` : plain;
  for (let round = 0; ; round++) {
    const seed = round === 0 ? name : `${name} ${round}`;
    const hash = createHash('sha256').update(seed).digest('hex').slice(0, HASH_LENGTH);
    const alias = `${head}_${hash}`;
    if (!taken.has(alias)) return alias;
  }
}

const HASH_LENGTH = 8;

/** The upstream's wire, whose answers are read with the caller's own names. */
export function givingNamesBack(protocol: Protocol, names: ToolNames): Protocol {
  const { upstream } = protocol;
  return {
    ...protocol,
    upstream: {
      ...upstream,
      decodeAnswer: (body, context) => names.inAnswer(upstream.decodeAnswer(body, context)),
      createStreamDecoder: (context) => new NamingDecoder(upstream.createStreamDecoder(context), names),
    },
  };
}

class NamingDecoder implements StreamDecoder {
  readonly #decoder: StreamDecoder;
  readonly #names: ToolNames;
  #emit: (event: ChatEvent) => void = ignore;

  constructor(decoder: StreamDecoder, names: ToolNames) {
    this.#decoder = decoder;
    this.#names = names;
  }

  get isFinished(): boolean {
    return this.#decoder.isFinished;
  }

  get hasStopped(): boolean {
    return this.#decoder.hasStopped === true;
  }

  read(frame: StreamFrame, emit: (event: ChatEvent) => void): void {
    this.#emit = emit;
    this.#decoder.read(frame, this.#take);
  }

  finish(emit: (event: ChatEvent) => void): void {
    this.#emit = emit;
    this.#decoder.finish(this.#take);
  }

  readonly #take = (event: ChatEvent): void => this.#emit(this.#names.inEvent(event));
}

function ignore(): void {}
