import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId, created } from './answer.ts';
import { chatAnnotations } from './citations.ts';
import { argumentFragments, mergeLists, paceOf } from './fragments.ts';
import { composeMessage, type Message, type ToolCall } from './message.ts';

/** Answers `/chat/completions`. */
export function chatAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  const head = {
    id: answerId('chatcmpl-', context.index),
    created,
    model: context.spec.model ?? context.request.model,
  };
  const choices = choiceCount(context);
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify(unaryBody({ context, message, head, choices }))),
    stream: context.request.stream ? () => chatEvents({ context, message, head, choices }) : undefined,
    tokens: paceOf(message),
  };
}

/** The usage object as the behaviour wants it; `undefined` leaves it out. */
export function usageOf(context: AnswerContext, message: Message, choices: number): unknown {
  const { usage } = context.spec;
  if (usage === 'never') return undefined;
  if (typeof usage === 'object') return usage;
  const completion = message.completionTokens * choices;
  return {
    prompt_tokens: message.promptTokens,
    completion_tokens: completion,
    total_tokens: message.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: message.reasoning.length * choices, audio_tokens: 0 },
  };
}

/** How many choices were asked for with `n`: 1 to 128. */
export function choiceCount({ request }: AnswerContext): number {
  const n = request.json?.['n'];
  return typeof n === 'number' && n >= 1 ? Math.min(128, Math.floor(n)) : 1;
}

/** Whether a stream ends with a usage event. */
export function streamsUsage({ request, spec }: AnswerContext): boolean {
  if (spec.usage === 'never') return false;
  const options = request.json?.['stream_options'] as { include_usage?: unknown } | undefined | null;
  return spec.usage === 'always' || options?.include_usage === true;
}

interface ChatParts {
  readonly context: AnswerContext;
  readonly message: Message;
  readonly head: { readonly id: string; readonly created: number; readonly model: string };
  readonly choices: number;
}

function unaryBody({ context, message, head, choices }: ChatParts): unknown {
  const text = message.tokens.join('');
  const refused = message.refusal.length > 0;
  const { citations } = context.spec;
  const spoken = {
    role: 'assistant',
    content: (message.toolCalls.length > 0 || refused) && text === '' ? null : text,
    refusal: refused ? message.refusal.join('') : null,
    ...(citations !== undefined && { annotations: chatAnnotations({ citations, text }) }),
    ...(message.reasoning.length > 0 && { reasoning_content: message.reasoning.join('') }),
    ...(message.toolCalls.length > 0 && { tool_calls: message.toolCalls.map(wireToolCall) }),
  };
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: spoken,
      logprobs: null,
      finish_reason: message.finishReason,
    })),
    usage: usageOf(context, message, choices),
    system_fingerprint: 'fp_simulator',
    ...tierOf(context),
  };
}

function tierOf({ spec }: AnswerContext): { readonly service_tier?: string } {
  return spec.serviceTier === undefined ? {} : { service_tier: spec.serviceTier };
}

function wireToolCall(call: ToolCall): unknown {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}

// Built by concatenation: of the hundreds of events of a stream only a few characters differ.
function chatEvents({ context, message, head, choices }: ChatParts): StreamEvent[] {
  const withUsage = streamsUsage(context);
  const tier = JSON.stringify(tierOf(context)).slice(1, -1);
  const start = `data: {${tier === '' ? '' : `${tier},`}"id":"${head.id}","object":"chat.completion.chunk","created":${head.created},"model":${JSON.stringify(head.model)},"system_fingerprint":"fp_simulator","choices":[`;
  const end = withUsage ? '],"usage":null}\n\n' : ']}\n\n';
  const events: StreamEvent[] = [];
  const push = (delta: string, finish: string, tokens: number): void => {
    for (let index = 0; index < choices; index++) {
      const choice = `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${finish}}`;
      // With several choices a token is sent when all of them have it.
      events.push({ text: start + choice + end, tokens: index === choices - 1 ? tokens : 0 });
    }
  };
  const silent = message.toolCalls.length > 0 || message.refusal.length > 0;
  const opening = silent && message.tokens.length === 0 ? 'null' : '""';
  push(`{"role":"assistant","content":${opening},"refusal":null}`, 'null', 0);
  for (const token of message.reasoning) push(`{"reasoning_content":${JSON.stringify(token)}}`, 'null', 0);
  for (const token of message.tokens) push(`{"content":${JSON.stringify(token)}}`, 'null', 1);
  for (const token of message.refusal) push(`{"refusal":${JSON.stringify(token)}}`, 'null', 1);
  const { citations, interleave = false } = context.spec;
  if (citations !== undefined) {
    push(JSON.stringify({ annotations: chatAnnotations({ citations, text: message.tokens.join('') }) }), 'null', 0);
  }
  const calls = mergeLists(message.toolCalls.map(callDeltas), interleave);
  for (const { delta, tokens } of calls) push(JSON.stringify({ tool_calls: [delta] }), 'null', tokens);
  push('{}', JSON.stringify(message.finishReason), 0);
  if (withUsage) {
    events.push({ text: `${start}],"usage":${JSON.stringify(usageOf(context, message, choices))}}\n\n`, tokens: 0 });
  }
  if (context.spec.done !== false) events.push({ text: 'data: [DONE]\n\n', tokens: 0 });
  return events;
}

function callDeltas(call: ToolCall, index: number): { readonly delta: object; readonly tokens: number }[] {
  const opened = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
  const fragments = argumentFragments(call.arguments).map((fragment) => {
    return { delta: { index, function: { arguments: fragment } }, tokens: 1 };
  });
  return [{ delta: opened, tokens: 0 }, ...fragments];
}
