import type { ProtocolName } from '../../../src/canonical/protocol-name.ts';
import { at, textAt } from './wire-value.ts';

/** An error reply as a client of a wire reads it; `faults`: what is against the rules of the wire. */
export interface ErrorReading {
  readonly message: string;
  readonly faults: readonly string[];
}

interface ErrorReply {
  readonly status: number;
  readonly body: Buffer;
}

/** Members that the clients of a wire look for in an error, by their places. */
const shapes: Readonly<
  Record<ProtocolName, { readonly message: readonly string[]; readonly texts: readonly (readonly string[])[] }>
> = {
  'openai-chat': { message: ['error', 'message'], texts: [] },
  'openai-responses': { message: ['error', 'message'], texts: [] },
  'anthropic-messages': { message: ['error', 'message'], texts: [['type'], ['error', 'type']] },
  gemini: { message: ['error', 'message'], texts: [['error', 'status']] },
  'bedrock-converse': { message: ['message'], texts: [] },
  'cohere-chat': { message: ['message'], texts: [] },
};

export function readError(client: ProtocolName, { status, body }: ErrorReply): ErrorReading {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { message: '', faults: ['the body is no JSON'] };
  }
  const { message, texts } = shapes[client];
  const faults = texts.filter((path) => textAt(value, ...path) === '').map((path) => `no ${path.join('.')}`);
  if (textAt(value, ...message) === '') faults.push(`no ${message.join('.')}`);
  if (client === 'gemini' && at(value, 'error', 'code') !== status) faults.push('error.code is not the status');
  return { message: textAt(value, ...message), faults };
}

/** The provider's own words in an error of whatever shape; '' when it has none. */
export function wordsOf(body: Buffer): string {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return '';
  }
  return (
    textAt(value, 'error', 'message') || textAt(value, 'error') || textAt(value, 'message') || textAt(value, 'detail')
  );
}
