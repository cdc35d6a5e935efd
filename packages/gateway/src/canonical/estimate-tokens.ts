import type { ChatAnswer } from './chat-answer.ts';
import type { ChatRequest, Part } from './conversation.ts';

/**
 * Tokens that a conversation will come to, without the model's own tokenizer: for wires that cannot be asked, and for
 * reserving before an answer. Linear in the text. Latin text has about four characters a token, others about one and a
 * half; pictures and documents are taken at what providers commonly charge at least.
 */
export function estimateTokens(request: ChatRequest): number {
  let tokens = 3;
  for (const { parts } of request.turns) {
    tokens += TURN;
    for (const part of parts) tokens += partTokens(part);
  }
  for (const tool of request.tools) tokens += TURN + textTokens(JSON.stringify(tool));
  return Math.ceil(tokens);
}

/** Of JSON, names of members included, and of text in UTF-8, whatever its script. */
const BYTES_PER_TOKEN = 4;
/** What stands around each turn. */
const TURN = 4;
const IMAGE = 1_000;
const PAGE_BYTES = 3_000;

/** Estimate for one text. */
export function textTokens(text: string): number {
  let wide = 0;
  // From the first letters of other scripts than Latin, Greek and Cyrillic on.
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x0900) wide++;
  return (text.length - wide) / 4 + wide / 1.5;
}

/** Estimate for a text, or anything else, of which only the length in bytes is known. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** Estimate for what a whole answer says, all its choices together. */
export function answerTokens({ choices }: Pick<ChatAnswer, 'choices'>): number {
  let tokens = 0;
  for (const { parts } of choices) for (const part of parts) tokens += partTokens(part);
  return Math.ceil(tokens);
}

function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return textTokens(part.text);
    case 'tool-call':
      return textTokens(part.name) + textTokens(part.arguments);
    case 'tool-result':
      return part.content.reduce((sum, one) => sum + partTokens(one), 0);
    case 'image':
    case 'video':
      return IMAGE;
    case 'document':
    case 'audio':
      return part.source.kind === 'data'
        ? (part.source.data.length / PAGE_BYTES) * 500
        : part.source.kind === 'text'
          ? textTokens(part.source.text)
          : IMAGE;
    case 'foreign':
      return textTokens(JSON.stringify(part.value) ?? '');
  }
}
