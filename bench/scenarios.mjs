import { MESSAGES_MODEL } from './subject-files.mjs';

/** @typedef {import('./unary-load.mjs').UnaryCommand} UnaryCommand */
/** @typedef {import('./stream-load.mjs').StreamsCommand} StreamsCommand */
/** @typedef {import('./subjects.mjs').SubjectName} SubjectName */
/** @typedef {Omit<UnaryCommand, 'port' | 'key'> | Omit<StreamsCommand, 'port' | 'key'>} ScenarioCommand */
/**
 * One kind of load. CPU is counted per `unit`. `seconds` is the length of a round; `isLatencyAsked` adds the direct
 * connection as a baseline; `subjects` are those that can do it, all when it is not given.
 * @typedef {{
 *   name: string, title: string, unit: 'request' | 'event', seconds: number, quickSeconds: number,
 *   isLatencyAsked: boolean, command: (seconds: number) => ScenarioCommand, subjects?: readonly SubjectName[],
 * }} Scenario
 */

/** Who can translate. */
const gateways = /** @type {readonly SubjectName[]} */ (['unrecorded', 'gateway']);
const STREAM_BODY_BYTES = 300;
const PACE_MS = 20;

/**
 * @param {{ name: string, title: string, bodyBytes: number, concurrency: number, seconds: number, isLatencyAsked: boolean }} parts
 * @returns {Scenario}
 */
const unary = ({ bodyBytes, concurrency, ...rest }) => ({
  ...rest,
  unit: 'request',
  quickSeconds: 1,
  command: (seconds) => ({ kind: 'unary', bodyBytes, concurrency, seconds }),
});

/**
 * @param {number} streams
 * @param {number} seconds
 * @returns {Scenario}
 */
const paced = (streams, seconds) => ({
  name: `paced-${streams}`,
  title: `${streams} streams at once, an event every ${PACE_MS} ms`,
  unit: 'event',
  seconds,
  quickSeconds: 1.5,
  isLatencyAsked: false,
  command: (length) => {
    const rampSeconds = Math.min(1, length / 4);
    const events = Math.round(((length - rampSeconds) * 1_000) / PACE_MS);
    return { kind: 'streams', total: streams, rampSeconds, events, gapMs: PACE_MS, bodyBytes: STREAM_BODY_BYTES };
  },
});

/**
 * Ways between wires: what the client speaks, the model whose target is asked on the other, and how the client's stream
 * ends. OpenAI's chunk with the role and that with the finish, or Anthropic's five events around the deltas, come on top
 * of the deltas.
 */
const translations = [
  {
    to: 'chat',
    title: 'Anthropic client, OpenAI upstream',
    shape: { wire: /** @type {const} */ ('anthropic-messages') },
    ending: { terminator: 'event: message_stop\ndata: {"type":"message_stop"}\n\n', moreEvents: 4 },
  },
  {
    to: 'messages',
    title: 'OpenAI client, Anthropic upstream',
    shape: { model: MESSAGES_MODEL },
    ending: { terminator: 'data: [DONE]\n\n', moreEvents: 2 },
  },
];

/** @type {readonly Scenario[]} */
const translated = translations.flatMap(({ to, title, shape, ending }) => [
  {
    name: `unary-to-${to}`,
    title: `translated, ${title}: 250 B in, 700 B out, 32 at a time`,
    unit: 'request',
    seconds: 4,
    quickSeconds: 1,
    isLatencyAsked: false,
    subjects: gateways,
    command: (seconds) => ({ kind: 'unary', bodyBytes: 250, concurrency: 32, seconds, ...shape }),
  },
  {
    name: `stream-to-${to}`,
    title: `translated, ${title}: 500 events a stream, unpaced, 16 streams at a time`,
    unit: 'event',
    seconds: 4,
    quickSeconds: 1,
    isLatencyAsked: false,
    subjects: gateways,
    command: (seconds) => ({
      kind: 'streams',
      concurrency: 16,
      seconds,
      events: 500,
      gapMs: 0,
      bodyBytes: STREAM_BODY_BYTES,
      ...shape,
      ending,
    }),
  },
]);

/** @type {readonly Scenario[]} */
export const scenarios = [
  unary({
    name: 'unary',
    title: '250 B in, 700 B out, 32 at a time',
    bodyBytes: 250,
    concurrency: 32,
    seconds: 4,
    isLatencyAsked: true,
  }),
  unary({
    name: 'latency',
    title: '250 B in, 700 B out, one at a time',
    bodyBytes: 250,
    concurrency: 1,
    seconds: 3,
    isLatencyAsked: true,
  }),
  unary({
    name: 'body-10k',
    title: '10 kB in, 16 at a time',
    bodyBytes: 10_000,
    concurrency: 16,
    seconds: 3,
    isLatencyAsked: false,
  }),
  unary({
    name: 'body-100k',
    title: '100 kB in, 8 at a time',
    bodyBytes: 100_000,
    concurrency: 8,
    seconds: 3,
    isLatencyAsked: false,
  }),
  unary({
    name: 'body-1m',
    title: '1 MB in, 4 at a time',
    bodyBytes: 1_000_000,
    concurrency: 4,
    seconds: 4,
    isLatencyAsked: false,
  }),
  {
    name: 'stream',
    title: '500 events a stream, unpaced, 16 streams at a time',
    unit: 'event',
    seconds: 4,
    quickSeconds: 1,
    isLatencyAsked: false,
    command: (seconds) => ({
      kind: 'streams',
      concurrency: 16,
      seconds,
      events: 500,
      gapMs: 0,
      bodyBytes: STREAM_BODY_BYTES,
    }),
  },
  paced(100, 8),
  paced(500, 5),
  {
    name: 'first-event',
    title: `time to the first event, 100 new streams a second of 20 events every ${PACE_MS} ms`,
    unit: 'event',
    // Of so many starts, twenty are above the 99th percentile; and V8 shrinks its heap while others have their turn: what the
    // first seconds show is how it grows again.
    seconds: 20,
    quickSeconds: 1.5,
    isLatencyAsked: true,
    command: (seconds) => ({
      kind: 'streams',
      total: Math.round(seconds * 100),
      rampSeconds: seconds,
      events: 20,
      gapMs: PACE_MS,
      bodyBytes: STREAM_BODY_BYTES,
    }),
  },
  ...translated,
];
