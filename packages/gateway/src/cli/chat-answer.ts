import { CommandFailure } from './command-failure.ts';
import { isRecord, readServerError } from './gateway-api.ts';

/** What one piece of a chat answer, or a whole one, says. */
export interface ChatPiece {
  readonly text: string;
  /** Undefined while the answer goes on. */
  readonly finishReason: string | undefined;
}

/** Reads a `chat.completion`. Throws when it carries an error or does not say that it is whole. */
export function readChatCompletion(body: unknown): ChatPiece {
  refuseError(body);
  const choice = firstChoice(body);
  const message = isRecord(choice) ? choice['message'] : undefined;
  if (!isRecord(message)) throw new CommandFailure('server_error', 'The answer is not a chat completion.');
  const finishReason = textOf(choice, 'finish_reason');
  if (finishReason === undefined) throw incompleteAnswer('it has no finish reason');
  return { text: textOf(message, 'content') ?? textOf(message, 'refusal') ?? '', finishReason };
}

/** Reads a `chat.completion.chunk`. Throws when it carries an error. */
export function readChatChunk(chunk: unknown): ChatPiece {
  refuseError(chunk);
  if (!isRecord(chunk)) throw incompleteAnswer('a piece of it is malformed');
  const choice = firstChoice(chunk);
  const delta = isRecord(choice) ? choice['delta'] : undefined;
  const text = isRecord(delta) ? (textOf(delta, 'content') ?? textOf(delta, 'refusal') ?? '') : '';
  return { text, finishReason: textOf(choice, 'finish_reason') };
}

export function incompleteAnswer(why: string): CommandFailure {
  return new CommandFailure('server_error', `The answer is incomplete: ${why}.`);
}

/** What the user should know about an answer that ended otherwise than by itself; undefined when it did not. */
export function explainFinish(finishReason: string): string | undefined {
  if (finishReason === 'length') return 'The answer stopped at the token limit; --max-tokens raises it.';
  if (finishReason === 'content_filter') return "The provider's content filter stopped the answer.";
  if (finishReason === 'tool_calls' || finishReason === 'function_call') return 'The model asked for a tool.';
  return undefined;
}

function refuseError(body: unknown): void {
  if (!isRecord(body) || body['error'] === undefined || body['error'] === null) return;
  const { message, code } = readServerError(body);
  throw new CommandFailure('server_error', `The answer failed: ${message ?? 'no reason given'}`, { serverCode: code });
}

function firstChoice(body: unknown): unknown {
  const choices = isRecord(body) ? body['choices'] : undefined;
  return Array.isArray(choices) ? choices[0] : undefined;
}

function textOf(value: unknown, key: string): string | undefined {
  const found = isRecord(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : undefined;
}
