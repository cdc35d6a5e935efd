import { asObject, asString, isObject, type JsonObject, objectsIn } from '../../src/canonical/json.ts';

// A second, plain reading of OpenAI's chat wire: what the codec says is held against it.

/** Takes out of a request what may differ without a difference in meaning. */
export function normalizeRequest(request: JsonObject): unknown {
  const { messages, stream, stream_options: _, tools, stop, response_format: format, ...rest } = request;
  return withoutNulls({
    ...rest,
    // OpenAI refuses it where there are no tools.
    parallel_tool_calls: Array.isArray(tools) ? request['parallel_tool_calls'] : undefined,
    // `stream: false` is the same as none.
    stream: stream === true ? true : undefined,
    stop: typeof stop === 'string' ? [stop] : stop,
    tools: Array.isArray(tools) && tools.length > 0 ? tools : undefined,
    tool_choice: normalizeChoice(request['tool_choice']),
    messages: objectsIn(messages).map(normalizeMessage),
    // OpenAI insists on a name, Perplexity does without.
    response_format: format && normalizeFormat(format),
  });
}

function normalizeFormat(format: unknown): unknown {
  const schema = isObject(format) ? asObject(format['json_schema']) : undefined;
  return schema ? { type: 'json_schema', json_schema: { name: 'response', ...schema } } : format;
}

/** Anthropic's form of a choice, and OpenAI's. */
function normalizeChoice(choice: unknown): unknown {
  return isObject(choice) && choice['type'] === 'tool'
    ? { type: 'function', function: { name: choice['name'] } }
    : choice;
}

function normalizeMessage(message: JsonObject): unknown {
  const {
    role,
    content,
    annotations: _,
    reasoning,
    reasoning_content: second,
    tool_calls: calls,
    name,
    ...rest
  } = message;
  const details = objectsIn(rest['reasoning_details']);
  return {
    ...rest,
    role,
    // Results are told by their call's id.
    name: role === 'tool' ? undefined : name,
    content: normalizeContent(content, role),
    // Two names for the same text.
    reasoning_content: second || reasoning || undefined,
    tool_calls: calls,
    reasoning_details:
      details.length === 0 ? undefined : details.map((one) => ({ format: 'unknown', index: 0, ...one })),
  };
}

function normalizeContent(content: unknown, role: unknown): unknown {
  if (!Array.isArray(content)) return content === '' && role === 'assistant' ? undefined : content;
  if (content.length === 0) return undefined;
  // Empty texts beside others say nothing.
  const said = objectsIn(content).filter(({ type, text }) => type !== 'text' || text !== '');
  if (said.length === 0) return role === 'assistant' ? undefined : '';
  const parts = said.map((part) => {
    const url = part['image_url'];
    return typeof url === 'string' ? { ...part, image_url: { url } } : part;
  });
  const [only] = parts;
  return parts.length === 1 && only?.['type'] === 'text' && only['cache_control'] === undefined ? only['text'] : parts;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

/** What matters of an answer, read without the codec. */
interface NaiveChoice {
  text: string;
  reasoning: string;
  refusal: string;
  calls: { id: string; name: string; arguments: string }[];
  signatures: string[];
  finish: string | undefined;
  annotations: number;
  audio: string;
}

interface NaiveAnswer {
  model: string | undefined;
  choices: NaiveChoice[];
  usage: unknown;
}

export function naiveAnswer(answer: JsonObject): NaiveAnswer {
  const choices = objectsIn(answer['choices']).map((choice) => {
    const naive = newChoice();
    addMessage(naive, asObject(choice['message']) ?? {});
    return finished(naive, asString(choice['finish_reason']));
  });
  return {
    model: asString(answer['model']),
    choices: withSources(choices, answer),
    usage: naiveUsage(answer['usage']),
  };
}

export function naiveStream(text: string): { readonly answer: NaiveAnswer | undefined; readonly hasError: boolean } {
  const choices = new Map<number, { naive: NaiveChoice; finish: string | undefined; byIndex: Map<unknown, number> }>();
  let model: string | undefined;
  let usage: unknown;
  let sources: JsonObject = {};
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:') || line.slice(5).trim() === '[DONE]') continue;
    const chunk = JSON.parse(line.slice(5)) as JsonObject;
    if (chunk['error']) return { answer: undefined, hasError: true };
    model ||= asString(chunk['model']);
    usage = chunk['usage'] ?? asObject(chunk['x_groq'])?.['usage'] ?? usage;
    sources = chunk['search_results'] ? chunk : sources;
    for (const choice of objectsIn(chunk['choices'])) {
      const index = Number(choice['index'] ?? 0);
      const state = choices.get(index) ?? { naive: newChoice(), finish: undefined, byIndex: new Map() };
      choices.set(index, state);
      addMessage(state.naive, asObject(choice['delta']) ?? {}, state.byIndex);
      state.finish ??= asString(choice['finish_reason']);
    }
  }
  const all = [...choices.values()];
  const said = all.some(({ naive, finish }) => finish || naive.text || naive.reasoning || naive.calls.length > 0);
  const isWhole = said && (text.includes('[DONE]') || all.every(({ finish }) => finish));
  if (!isWhole) return { answer: undefined, hasError: false };
  const done = all.map(({ naive, finish }) => finished(naive, finish));
  return { answer: { model, choices: withSources(done, sources), usage: naiveUsage(usage) }, hasError: false };
}

function newChoice(): NaiveChoice {
  return {
    text: '',
    reasoning: '',
    refusal: '',
    calls: [],
    signatures: [],
    finish: undefined,
    annotations: 0,
    audio: '',
  };
}

/** Perplexity's sources become annotations. */
function withSources(choices: NaiveChoice[], answer: JsonObject): NaiveChoice[] {
  const count = objectsIn(answer['search_results']).length;
  return choices.map((choice, index) =>
    index === 0 ? { ...choice, annotations: choice.annotations + count } : choice,
  );
}

function finished(choice: NaiveChoice, word: string | undefined): NaiveChoice {
  const isCall = ['tool_call', 'function_call', 'stop', undefined].includes(word) && choice.calls.length > 0;
  // A message that answers is ended; a call that was forced ends with `stop` at some providers.
  const finish = isCall ? 'tool_calls' : (word ?? 'stop');
  const calls = choice.calls.map((call) => ({ ...call, id: call.id.startsWith('call_seed') ? '' : call.id }));
  return { ...choice, calls, signatures: choice.signatures.sort(), finish };
}

function addMessage(naive: NaiveChoice, message: JsonObject, byIndex = new Map<unknown, number>()): void {
  const { content, tool_calls: calls, function_call: legacy } = message;
  naive.text +=
    typeof content === 'string'
      ? content
      : objectsIn(content)
          .map(({ text }) => text ?? '')
          .join('');
  for (const item of objectsIn(content)) {
    naive.reasoning += objectsIn(item['thinking'])
      .map(({ text }) => text)
      .join('');
  }
  naive.reasoning += asString(message['reasoning_content']) || asString(message['reasoning']) || detailText(message);
  naive.refusal += asString(message['refusal']) ?? '';
  naive.audio += asString(asObject(message['audio'])?.['transcript']) ?? '';
  naive.annotations += objectsIn(message['annotations']).length;
  addSignatures(naive, message);
  const all = legacy ? [{ function: legacy }] : objectsIn(calls);
  for (const [position, call] of all.entries()) {
    const definition = asObject(call['function']) ?? {};
    const key = call['index'] ?? position;
    const known = byIndex.get(key);
    if (known === undefined) {
      byIndex.set(key, naive.calls.length);
      naive.calls.push({ id: asString(call['id']) ?? '', name: '', arguments: '' });
    }
    const entry = naive.calls[known ?? naive.calls.length - 1]!;
    entry.name ||= asString(definition['name']) ?? '';
    entry.arguments += asString(definition['arguments']) ?? '';
  }
}

/** One model of OpenRouter's tells its reasoning in the details only. */
function detailText(message: JsonObject): string {
  return objectsIn(message['reasoning_details'])
    .map(({ text, summary }) => asString(text) ?? asString(summary) ?? '')
    .join('');
}

function addSignatures(naive: NaiveChoice, message: JsonObject): void {
  for (const detail of objectsIn(message['reasoning_details'])) {
    const value = asString(detail['signature']) ?? asString(detail['data']);
    if (value) naive.signatures.push(unmarked(value));
  }
  for (const holder of [message, ...objectsIn(message['tool_calls'])]) {
    const value = asString(asObject(asObject(holder['extra_content'])?.['google'])?.['thought_signature']);
    if (value) naive.signatures.push(unmarked(value));
  }
}

/** The gateway tells clients whose a signature is, before it. */
function unmarked(signature: string): string {
  return signature.replace(/^gw-sig:[a-z-]+:/, '');
}

function naiveUsage(value: unknown): unknown {
  const usage = asObject(value);
  if (!usage) return undefined;
  const details = asObject(usage['prompt_tokens_details']) ?? {};
  let input = Number(usage['prompt_tokens']);
  let output = Number(usage['completion_tokens']);
  const reasoning = Number(asObject(usage['completion_tokens_details'])?.['reasoning_tokens'] ?? 0);
  // xAI counts reasoning apart.
  if (reasoning > 0 && usage['total_tokens'] === input + output + reasoning) output += reasoning;
  // Mistral counts sound apart.
  const sound = Number(details['audio_tokens'] ?? 0);
  if (sound > 0 && usage['total_tokens'] === input + output + sound) input += sound;
  const cached = details['cached_tokens'] ?? usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens'] ?? 0;
  return { input, output, cached, reasoning: Math.min(reasoning, output), written: details['cache_write_tokens'] ?? 0 };
}
