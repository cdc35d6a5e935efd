import { gzipSync } from 'node:zlib';
import type { AnswerContext } from './answers/answer.ts';
import { composeAnswer } from './answers/answers.ts';
import { describeRequest } from './answers/catalogue.ts';
import { assistantPrefill } from './answers/prompt.ts';
import type {
  AnswerBehaviour,
  AnswerTuning,
  Behaviour,
  ErrorEventBehaviour,
  MalformedEventBehaviour,
  ResetBehaviour,
  StatusBehaviour,
} from './behaviours.ts';
import { filePlan, rawPlan, recordingPlan } from './plan-bytes.ts';
import { type PrefillManner, prefillRefusal, prefillRefused } from './prefill.ts';
import {
  type AnswerBody,
  answerBody,
  byteLength,
  cutAfterBytes,
  cutAfterTokens,
  dribbleSteps,
  type Ending,
  fixedPlan,
  type ReplyPlan,
  type Step,
  silentPlan,
  stepsOfTokens,
  wholePlan,
} from './reply-plan.ts';
import type { SimulatedRequest } from './simulated-request.ts';
import { malformedEvent, restyle } from './stream-style.ts';
import { errorBody, errorEvent, errorHeaders, type WireErrorFields } from './wire-error.ts';
import { streamContentType, streamFormOf, wireOf } from './wires.ts';

/** What a plan is made from, besides the behaviour. Times are milliseconds. */
export interface PlanContext {
  readonly request: SimulatedRequest;
  /** The number of the attempt, from 0. */
  readonly index: number;
  readonly tokens: number;
  readonly gapMs: number;
  readonly firstTokenMs: number;
  /** The word from which on another text is answered, where the behaviour does not say. */
  readonly differs: number | undefined;
  /** What becomes of a conversation that ends with an assistant message, where the behaviour does not say. */
  readonly prefill: PrefillManner | undefined;
  readonly models: readonly string[];
  /** Whether the connection served a request before this one. */
  readonly reused: boolean;
}

/** Turns a behaviour into the reply to one request. Throws when a file or recording cannot be read. */
export function planReply(behaviour: Behaviour, context: PlanContext): ReplyPlan {
  const plan = planners[behaviour.kind] as (behaviour: Behaviour, context: PlanContext) => ReplyPlan;
  const refusal = notAnswers.has(behaviour.kind)
    ? undefined
    : prefillRefusal(context.request, mannerOf(behaviour, context));
  return refusal === undefined ? plan(behaviour, context) : refusePrefill(refusal, context);
}

/** Kinds that are a fault, or bytes of somebody else's, whatever the conversation ends with. */
const notAnswers: ReadonlySet<Behaviour['kind']> = new Set([
  'status',
  'raw',
  'file',
  'recording',
  'html-200',
  'empty-200',
]);

function mannerOf(behaviour: { readonly prefill?: PrefillManner } | Behaviour, { prefill }: PlanContext) {
  return 'prefill' in behaviour ? behaviour.prefill : prefill;
}

function refusePrefill(error: WireErrorFields, context: PlanContext): ReplyPlan {
  return statusPlan({ kind: 'status', status: 400, error }, context);
}

/** The whole text of the answer that `huge-event` gives. */
export function hugeEventText(bytes: number): string {
  return `Here: ${'x'.repeat(bytes)} end.`;
}

type Planners = {
  readonly [Kind in Behaviour['kind']]: (
    behaviour: Extract<Behaviour, { readonly kind: Kind }>,
    context: PlanContext,
  ) => ReplyPlan;
};

const planners: Planners = {
  answer: answerPlan,
  status: statusPlan,
  raw: rawPlan,
  file: filePlan,
  recording: recordingPlan,
  reset: resetPlan,
  hang: (behaviour, context) => {
    const ending: Ending = { holdMs: behaviour.holdMs };
    return behaviour.when === 'before-headers'
      ? silentPlan(ending)
      : cutPlan(plainBody(behaviour, context), behaviour.when, ending);
  },
  truncate: (behaviour, context) =>
    cutPlan(plainBody(behaviour, context), behaviour, behaviour.clean ? 'stop' : 'close'),
  'malformed-event': malformedPlan,
  'error-event': errorEventPlan,
  'html-200': () =>
    fixedPlan(
      200,
      { 'content-type': 'text/html; charset=utf-8' },
      Buffer.from('<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>\n'),
    ),
  'empty-200': (_, { request }) => fixedPlan(200, { 'content-type': emptyContentType(request) }, Buffer.alloc(0)),
  'json-to-stream': (behaviour, context) => wholePlan(plainBody(behaviour, unstreamed(context))),
  gzip: (behaviour, context) => {
    const body = plainBody(behaviour, context);
    const bytes = gzipSync(Buffer.concat(body.steps.map((step) => step.bytes)));
    const headers = { 'content-encoding': 'gzip' };
    const tokens = body.steps.reduce((sum, step) => sum + step.tokens, 0);
    return wholePlan({ ...body, steps: [{ bytes, delayMs: body.steps[0]?.delayMs ?? 0, tokens }] }, { headers });
  },
  dribble: (behaviour, context) => {
    const body = plainBody(behaviour, context);
    const plan = wholePlan(body);
    return { ...plan, delayMs: 0, steps: dribbleSteps(body.steps, behaviour.bytesPerSecond) };
  },
  flood: (behaviour, context) => {
    const body = plainBody({ text: floodText }, context);
    const plan = wholePlan(body, { chunking: 'all' });
    return { ...plan, steps: floodSteps(body, behaviour.bytes) };
  },
  'huge-event': (behaviour, context) =>
    wholePlan(plainBody({ ...behaviour, text: hugeEventText(behaviour.bytes) }, context)),
  echo: (_, context) => {
    const { request } = context;
    const text = JSON.stringify({ ...describeRequest(request), body: request.body.toString('utf8') });
    return wholePlan(plainBody({ text }, context));
  },
  'refuse-prefill': (behaviour, context) =>
    assistantPrefill(context.request) === undefined
      ? wholePlan(plainBody(behaviour, context))
      : refusePrefill(prefillRefused, context),
  'close-on-reuse': (behaviour, context) =>
    context.reused ? silentPlan('close') : wholePlan(plainBody(behaviour, context)),
};

function statusPlan(behaviour: StatusBehaviour, { request }: PlanContext): ReplyPlan {
  const { status, error } = behaviour;
  const given = lowerCase(behaviour.headers);
  const body = behaviour.body ?? errorBody(request.endpoint, status, error, given['retry-after']);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fixedPlan(status, { ...errorHeaders(request.endpoint, status, error), ...given }, Buffer.from(text));
}

function emptyContentType(request: SimulatedRequest): string {
  if (!request.stream) return 'application/json';
  return streamFormOf(request) === 'sse' ? 'text/event-stream' : streamContentType(request);
}

function answerPlan(spec: AnswerBehaviour, context: PlanContext): ReplyPlan {
  const body = plainBody(spec, context);
  return wholePlan(body.streamed ? restyle(body, spec, context.request) : body, {
    chunking: spec.chunking,
    headers: lowerCase(spec.headers),
  });
}

function plainBody(spec: Omit<AnswerBehaviour, 'kind'> & AnswerTuning, context: PlanContext): AnswerBody {
  const { request, index, tokens, models, prefill, differs } = context;
  const tuned = { ...(prefill && { prefill }), ...(differs !== undefined && { differs }), ...spec };
  const answerContext: AnswerContext = { request, index, tokens, models, spec: tuned };
  const pace = { gapMs: spec.gapMs ?? context.gapMs, firstTokenMs: spec.firstTokenMs ?? context.firstTokenMs };
  return answerBody(composeAnswer(answerContext), { ...pace, streamContentType: streamContentType(request) });
}

function unstreamed(context: PlanContext): PlanContext {
  return { ...context, request: { ...context.request, stream: false } };
}

type CutPoint = 'after-headers' | { readonly afterTokens: number } | { readonly afterBytes: number };

function cutPlan(body: AnswerBody, point: CutPoint, ending: Ending): ReplyPlan {
  const plan = wholePlan(body, { ending });
  const steps =
    point === 'after-headers'
      ? []
      : 'afterTokens' in point
        ? cutAfterTokens(body, point.afterTokens)
        : cutAfterBytes(body.steps, point.afterBytes);
  // A unary answer that breaks off had announced its length; one that ends "properly" could not have.
  const contentLength = body.streamed || ending === 'stop' ? undefined : byteLength(body.steps);
  // Who has got all that was announced is done: the fault would hit the next request on the connection instead.
  const isWhole = contentLength !== undefined && byteLength(steps) >= contentLength;
  return { ...plan, head: plan.head && { ...plan.head, contentLength }, steps, ending: isWhole ? 'end' : ending };
}

function resetPlan(behaviour: ResetBehaviour, context: PlanContext): ReplyPlan {
  const { when } = behaviour;
  if (when === 'accept' || when === 'before-headers') return silentPlan('reset');
  return cutPlan(plainBody(behaviour, context), when, 'reset');
}

function malformedPlan(behaviour: MalformedEventBehaviour, context: PlanContext): ReplyPlan {
  const body = plainBody(behaviour, context);
  if (!body.streamed) return wholePlan({ ...body, steps: cutAfterBytes(body.steps, byteLength(body.steps) - 1) });
  const count = stepsOfTokens(body, behaviour.at);
  const broken: Step = { bytes: malformedEvent(context.request, behaviour, count), delayMs: 0, tokens: 0 };
  return wholePlan({ ...body, steps: [...body.steps.slice(0, count), broken, ...body.steps.slice(count)] });
}

function errorEventPlan(behaviour: ErrorEventBehaviour, context: PlanContext): ReplyPlan {
  const { request } = context;
  const body = plainBody(behaviour, context);
  // Some providers answer 200 to a unary request too, with the error in the place of the answer.
  if (!body.streamed) {
    const bytes = Buffer.from(JSON.stringify(errorBody(request.endpoint, 500, behaviour.error)));
    return fixedPlan(200, { 'content-type': body.contentType, ...body.headers }, bytes);
  }
  const preamble = behaviour.role ? body.steps.findIndex((step) => step.tokens > 0) : 0;
  const count = Math.max(preamble, stepsOfTokens(body, behaviour.afterTokens));
  const events = [errorEvent(request, behaviour.error ?? {}, count)];
  if (behaviour.done && streamFormOf(request) === 'sse' && wireOf(request.endpoint) !== 'gemini')
    events.push(Buffer.from('data: [DONE]\n\n'));
  const delayMs = count === 0 ? (body.steps[0]?.delayMs ?? 0) : 0;
  return wholePlan({
    ...body,
    steps: [...body.steps.slice(0, count), { bytes: Buffer.concat(events), delayMs, tokens: 0 }],
  });
}

// Two words: of the elements of an array only the second and those after it may be repeated.
const floodWord = 'flood!'.repeat(2_700);
const floodText = `A ${floodWord}`;

// Repeats the last event (or, in a unary body, the one stretch of text) that carries a token, without keeping the copies.
function* floodSteps(body: AnswerBody, bytes: number): Generator<Step> {
  const steps = body.streamed ? body.steps : splitAround(body.steps, floodWord);
  const at = steps.findLastIndex((step) => step.tokens > 0);
  const repeated = steps[at];
  yield* steps.slice(0, Math.max(0, at));
  for (let sent = 0; repeated !== undefined && sent < bytes; sent += repeated.bytes.length) yield repeated;
  yield* steps.slice(at + 1);
}

function splitAround(steps: readonly Step[], text: string): Step[] {
  const bytes = Buffer.concat(steps.map((step) => step.bytes));
  const start = bytes.indexOf(text);
  if (start === -1) return [{ bytes, delayMs: 0, tokens: 1 }];
  const end = start + text.length;
  return [
    { bytes: bytes.subarray(0, start), delayMs: 0, tokens: 0 },
    { bytes: bytes.subarray(start, end), delayMs: 0, tokens: 1 },
    { bytes: bytes.subarray(end), delayMs: 0, tokens: 0 },
  ];
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
