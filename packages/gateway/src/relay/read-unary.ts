import type { Operation } from '../canonical/operation.ts';
import { decodeUsage } from '../protocols/openai-chat/usage.ts';
import { classifyBody } from '../resilience/classify.ts';
import { failureOf } from './attempt.ts';
import type { UnaryReading } from './unary-reply.ts';

/** The member that every whole answer of an operation has; operations left out are not known that well. */
const essentialMembers: Partial<Record<Operation, string>> = {
  chat: 'choices',
  completions: 'choices',
  embeddings: 'data',
  responses: 'output',
  moderation: 'results',
};

/** Reads a whole JSON answer: is it one, and what does it say of its model and its usage. */
export function readUnary(bytes: Buffer, operation: Operation): UnaryReading {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return broken(
      bytes.length === 0 ? 'the provider answered with an empty body' : 'the provider answered with what is not JSON',
    );
  }
  if (typeof value !== 'object' || value === null) return broken('the provider answered with JSON that is no object');
  const answer = value as Record<string, unknown>;
  const essential = essentialMembers[operation];
  if (essential !== undefined && answer[essential] === undefined) {
    // Some providers report failures under status 200.
    if (isPresent(answer['error'])) return { failure: classifyBody(bytes), usage: undefined, responseModel: undefined };
    return broken(`the provider's answer has no "${essential}"`);
  }
  const model = answer['model'];
  return {
    failure: undefined,
    usage: decodeUsage(answer['usage']),
    responseModel: typeof model === 'string' ? model : undefined,
  };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function broken(message: string): UnaryReading {
  return { failure: failureOf('malformed', message), usage: undefined, responseModel: undefined };
}
