import { type Command, Option } from 'commander';
import { explainFinish, incompleteAnswer, readChatChunk, readChatCompletion } from '../chat-answer.ts';
import { CommandFailure } from '../command-failure.ts';
import type { StandardInput } from '../command-line-io.ts';
import { readEventLines } from '../event-lines.ts';
import { exitCodes } from '../exit-codes.ts';
import { decimalNumber, wholeNumber } from '../flag-values.ts';
import { createGatewayApi, type GatewayReply, statusFailure } from '../gateway-api.ts';
import { printableText } from '../printable-text.ts';
import type { Invocation, Session } from '../session.ts';

interface ChatOptions {
  readonly model?: string;
  readonly system?: string;
  readonly stream?: boolean;
  readonly temperature?: number | 'none';
  readonly maxTokens?: number;
}

/** The documented defaults; a configured gateway may not have the model, and then says so. */
const defaultModel = 'gpt-4o';
const defaultTemperature = 0.7;
/** The longest answer a gateway allows by default takes this long. */
const answerTimeoutMs = 600_000;
/** How long a stream may be silent. */
const idleTimeoutMs = 120_000;
const maxMessageBytes = 16 * 1024 * 1024;

export function createChatCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'chat',
    summary: 'Send chat completion request',
    examples: [
      { line: 'llm-gateway chat "Hello, how are you?"', note: 'One question' },
      {
        line: 'llm-gateway chat --model gpt-4o --system "Answer briefly." --stream "Tell me a story"',
        note: 'As it comes',
      },
      { line: 'echo "Summarise this." | llm-gateway chat --temperature 0.2 --max-tokens 150', note: 'From a pipe' },
      { line: 'llm-gateway --json chat "Hello"', note: 'The whole answer as JSON' },
    ],
  });
  command.argument('[MESSAGE]', 'The message; without it, or with "-", it is read from standard input');
  const parseTemperature = decimalNumber(0, 2);
  const options = [
    new Option('-m, --model <MODEL>', `Model to use [default: ${defaultModel}] [env: GATEWAY_MODEL]`),
    new Option('-s, --system <PROMPT>', 'System prompt'),
    new Option('--stream', 'Enable streaming response'),
    new Option(
      '--temperature <T>',
      `Temperature; "none" leaves it to the model [default: ${defaultTemperature}]`,
    ).argParser((text: string) => (text === 'none' ? text : parseTemperature(text))),
    new Option('--max-tokens <N>', 'Maximum tokens to generate').argParser(wholeNumber(1, 100_000_000)),
  ];
  for (const option of options) command.addOption(option);

  return session.onRun<ChatOptions>(command, async (invocation) => {
    const { io, options: given, globals, output } = invocation;
    const api = createGatewayApi(io, globals);
    const body = requestBody(given, io.env['GATEWAY_MODEL'], await readMessage(invocation));
    const reply = await api.send({ path: '/v1/chat/completions', body, timeoutMs: answerTimeoutMs });
    try {
      if (reply.status < 200 || reply.status > 299) throw statusFailure(reply.status, await reply.json());
      const isStream = reply.contentType.toLowerCase().startsWith('text/event-stream');
      const finishReason = isStream ? await showStream(invocation, reply) : await showAnswer(invocation, reply);
      const note = explainFinish(finishReason);
      if (note !== undefined) output.warning(note);
      return exitCodes.ok.code;
    } finally {
      reply.close();
    }
  });
}

function requestBody(options: ChatOptions, modelOfEnv: string | undefined, message: string): Record<string, unknown> {
  const temperature = options.temperature ?? defaultTemperature;
  const system = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
  return {
    model: options.model ?? (modelOfEnv === undefined || modelOfEnv === '' ? defaultModel : modelOfEnv),
    messages: [...system, { role: 'user', content: message }],
    ...(temperature === 'none' ? {} : { temperature }),
    ...(options.maxTokens === undefined ? {} : { max_tokens: options.maxTokens }),
    ...(options.stream ? { stream: true } : {}),
  };
}

async function readMessage({ io, operands }: Invocation<ChatOptions>): Promise<string> {
  const given = operands[0];
  if (given !== undefined && given !== '-') return given;
  if (given === undefined && io.stdin.isTTY === true) {
    throw new CommandFailure('usage', 'No message: give it as an argument or through a pipe.');
  }
  const message = await readStandardInput(io.stdin, io.signal);
  if (message.trim() === '') throw new CommandFailure('usage', 'The message from standard input is empty.');
  return message;
}

async function readStandardInput(stdin: StandardInput, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Nothing else wakes a read from a keyboard or a pipe that stays silent.
  const stop = () => stdin.destroy?.();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.byteLength;
      if (size > maxMessageBytes) throw new CommandFailure('usage', 'The message is larger than 16 MiB.');
      chunks.push(bytes);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw new CommandFailure('interrupted', 'Interrupted.');
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

async function showAnswer({ io, output }: Invocation<ChatOptions>, reply: GatewayReply): Promise<string> {
  const body = await reply.json();
  const { text, finishReason } = readChatCompletion(body);
  output.success(body);
  output.line(io.isTerminal ? printableText(text) : text);
  return finishReason ?? '';
}

/** Shows the pieces as they come. Only an answer with a finish reason and the closing `[DONE]` counts as whole. */
async function showStream({ io, output }: Invocation<ChatOptions>, reply: GatewayReply): Promise<string> {
  let finishReason: string | undefined;
  let isDone = false;
  let endsInLineEnd = true;
  try {
    for await (const event of readEventLines(withIdleLimit(reply))) {
      if (event.data === '[DONE]') {
        isDone = true;
        break;
      }
      const chunk = parseJson(event.data);
      const piece = readChatChunk(event.name === 'error' ? asError(chunk) : chunk);
      output.success(chunk);
      finishReason = piece.finishReason ?? finishReason;
      if (piece.text === '') continue;
      const shown = io.isTerminal ? printableText(piece.text) : piece.text;
      output.text(shown);
      endsInLineEnd = shown.endsWith('\n');
    }
  } finally {
    if (!endsInLineEnd) output.line();
  }
  if (!isDone) throw incompleteAnswer('the stream was cut');
  if (finishReason === undefined) throw incompleteAnswer('it has no finish reason');
  return finishReason;
}

async function* withIdleLimit(reply: GatewayReply): AsyncGenerator<Uint8Array> {
  reply.deadline.restart(idleTimeoutMs);
  for await (const chunk of reply.chunks()) {
    reply.deadline.restart(idleTimeoutMs);
    yield chunk;
  }
}

/** An event named `error` is one even when its data has not the shape of one. */
function asError(chunk: unknown): unknown {
  return typeof chunk === 'object' && chunk !== null && 'error' in chunk ? chunk : { error: chunk ?? 'unknown' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
