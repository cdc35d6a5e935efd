import { classOf, emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, countAt, listAt, parsedArguments, sseEvents, textAt } from './wire-value.ts';

const classes: Readonly<Record<string, FinishClass>> = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tools',
  tool_call: 'tools',
  function_call: 'tools',
  content_filter: 'filter',
  sensitive: 'filter',
  refusal: 'refusal',
};

interface OpenCall {
  readonly key: unknown;
  readonly id: string;
  name: string;
  text: string;
}

/** One choice while its pieces come; a whole message is a single piece. */
class ChoiceReading {
  readonly reading = emptyReading();
  readonly #calls: OpenCall[] = [];
  /** The same reasoning once more, in the form that OpenRouter gave it. */
  #details = '';

  add(piece: unknown, finish: unknown): void {
    const { reading } = this;
    const content = at(piece, 'content');
    reading.text += typeof content === 'string' ? content : '';
    for (const item of listAt(piece, 'content')) {
      reading.text += textAt(item, 'text');
      for (const thought of listAt(item, 'thinking')) reading.reasoning += textAt(thought, 'text');
    }
    reading.reasoning += textAt(piece, 'reasoning_content') || textAt(piece, 'reasoning');
    this.#details += detailsOf(piece);
    reading.refusal += textAt(piece, 'refusal');
    reading.text += textAt(piece, 'audio', 'transcript');
    const legacy = at(piece, 'function_call');
    if (legacy !== undefined) this.#addCall({ function: legacy }, 'legacy');
    for (const [place, call] of listAt(piece, 'tool_calls').entries()) this.#addCall(call, at(call, 'index') ?? place);
    reading.finish = classOf(finish, classes) ?? reading.finish;
  }

  #addCall(call: unknown, key: unknown): void {
    const id = textAt(call, 'id');
    let open = this.#calls.findLast((one) => one.key === key);
    // Some providers give every call of an answer the same index.
    const isAnother = open !== undefined && id !== '' && open.id !== '' && id !== open.id;
    if (open === undefined || isAnother) {
      open = { key, id, name: '', text: '' };
      this.#calls.push(open);
    }
    open.name ||= textAt(call, 'function', 'name') || textAt(call, 'custom', 'name');
    const written = at(call, 'function', 'arguments');
    open.text += typeof written === 'object' ? JSON.stringify(written) : textAt(call, 'function', 'arguments');
    open.text += textAt(call, 'custom', 'input');
  }

  end(): Reading {
    const { reading } = this;
    reading.reasoning ||= this.#details;
    reading.calls = this.#calls.map(({ name, text }) => ({ name, arguments: parsedArguments(text) }));
    // A call that was forced ends with `stop`.
    if (reading.calls.length > 0 && (reading.finish ?? 'stop') === 'stop') reading.finish = 'tools';
    return reading;
  }
}

function detailsOf(piece: unknown): string {
  return listAt(piece, 'reasoning_details')
    .map((detail) => textAt(detail, 'text') || textAt(detail, 'summary'))
    .join('');
}

export function readOpenaiChat(body: Buffer, isStream: boolean): Reading {
  return isStream ? readStream(body) : readWhole(JSON.parse(body.toString('utf8')));
}

function readWhole(answer: unknown): Reading {
  const choices = listAt(answer, 'choices').map((choice) => {
    const reading = new ChoiceReading();
    reading.add(at(choice, 'message'), at(choice, 'finish_reason'));
    return reading.end();
  });
  return together(choices, {
    usage: usageOf(at(answer, 'usage')),
    error: errorOf(answer),
    isWhole: choices.length > 0,
  });
}

function readStream(body: Buffer): Reading {
  const choices = new Map<number, ChoiceReading>();
  let usage: TokenCounts | undefined;
  let error: string | undefined;
  let isDone = false;
  for (const { data } of sseEvents(body)) {
    isDone ||= data === '[DONE]';
    error ??= errorOf(data);
    usage = usageOf(at(data, 'usage')) ?? usageOf(at(data, 'x_groq', 'usage')) ?? usage;
    for (const choice of listAt(data, 'choices')) {
      const index = countAt(choice, 'index');
      const reading = choices.get(index) ?? new ChoiceReading();
      choices.set(index, reading);
      reading.add(at(choice, 'delta'), at(choice, 'finish_reason'));
    }
  }
  const inOrder = [...choices].sort(([left], [right]) => left - right).map(([, choice]) => choice.end());
  return together(inOrder, { usage, error, isWhole: isDone });
}

function together(choices: readonly Reading[], rest: Pick<Reading, 'usage' | 'error' | 'isWhole'>): Reading {
  const [first = emptyReading(), ...others] = choices;
  return { ...first, ...rest, others: others.map(({ text }) => text) };
}

function errorOf(answer: unknown): string | undefined {
  const error = at(answer, 'error');
  if (error === undefined) return undefined;
  return textAt(error, 'message') || JSON.stringify(error);
}

function usageOf(usage: unknown): TokenCounts | undefined {
  if (usage === undefined || at(usage, 'prompt_tokens') === undefined) return undefined;
  const input = countAt(usage, 'prompt_tokens');
  const output = countAt(usage, 'completion_tokens');
  const reasoning = countAt(usage, 'completion_tokens_details', 'reasoning_tokens');
  // xAI counts reasoning beside the answer, Mistral sound beside the prompt.
  const apart = countAt(usage, 'total_tokens') - input - output;
  const sound = countAt(usage, 'prompt_tokens_details', 'audio_tokens');
  const cached =
    at(usage, 'prompt_tokens_details', 'cached_tokens') ??
    at(usage, 'prompt_cache_hit_tokens') ??
    at(usage, 'cached_tokens');
  return {
    input: sound === apart ? input + sound : input,
    output: reasoning === apart ? output + reasoning : output,
    cached: typeof cached === 'number' ? cached : 0,
  };
}
