import { countTokens } from '../answer-text.ts';
import type { SimulatedRequest } from '../simulated-request.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { answerId, jsonAnswer } from './answer.ts';
import { countPrompt } from './prompt.ts';
import { dimensionsOf, embed, floatsToBase64, numberOr } from './vectors.ts';

/** Answers `/embeddings`: a vector made of the text's hash, of 16 dimensions unless asked otherwise. */
export function embeddingsAnswer({ request, spec }: AnswerContext): Answer {
  const input = request.json?.['input'];
  // An array of numbers is one input of token ids; an array of anything else is a list of inputs.
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const dimensions = dimensionsOf(request.json?.['dimensions']);
  const base64 = request.json?.['encoding_format'] === 'base64';
  const data = inputs.map((text, index) => {
    const vector = embed(JSON.stringify(text) ?? '', dimensions);
    return { object: 'embedding', index, embedding: base64 ? floatsToBase64(vector) : vector };
  });
  const tokens = inputs.reduce<number>((sum, text) => sum + inputTokens(text), 0);
  return jsonAnswer({
    object: 'list',
    data,
    model: spec.model ?? request.model,
    usage: spec.usage === 'never' ? undefined : { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** Answers `/rerank`. */
export function rerankAnswer({ request, spec, index }: AnswerContext): Answer {
  const tokens = countPrompt(request);
  return jsonAnswer({
    id: answerId('rerank-', index),
    model: spec.model ?? request.model,
    results: rankDocuments(request),
    meta: { billed_units: { search_units: 1 } },
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** Documents in the order of words shared with the query, scores from 1 down. */
export function rankDocuments(request: SimulatedRequest): object[] {
  const documents = Array.isArray(request.json?.['documents']) ? request.json['documents'] : [];
  const query = new Set(
    String(request.json?.['query'] ?? '')
      .toLowerCase()
      .split(/\s+/),
  );
  const scored = documents.map((document: unknown, position) => {
    const words = documentText(document).toLowerCase().split(/\s+/);
    const shared = words.filter((word) => query.has(word)).length;
    return { index: position, relevance_score: (1 + shared) / (1 + words.length), document };
  });
  scored.sort((left, right) => right.relevance_score - left.relevance_score || left.index - right.index);
  const top = scored.slice(0, numberOr(request.json?.['top_n'], scored.length, 10_000));
  const returned = request.json?.['return_documents'] === true;
  return top.map(({ document, ...result }) =>
    returned ? { ...result, document: typeof document === 'string' ? { text: document } : document } : result,
  );
}

/** Answers `/moderations`: flags an input that holds the word "violence". */
export function moderationsAnswer({ request, spec, index }: AnswerContext): Answer {
  const input = request.json?.['input'];
  const inputs = Array.isArray(input) ? input : [input];
  return jsonAnswer({
    id: answerId('modr-', index),
    model: spec.model ?? (request.model || 'omni-moderation-latest'),
    results: inputs.map((text) => {
      const flagged = /violence/i.test(JSON.stringify(text) ?? '');
      return {
        flagged,
        categories: { hate: false, harassment: false, 'self-harm': false, sexual: false, violence: flagged },
        category_scores: { hate: 0, harassment: 0, 'self-harm': 0, sexual: 0, violence: flagged ? 0.98 : 0.01 },
      };
    }),
  });
}

function inputTokens(input: unknown): number {
  return Array.isArray(input) ? input.length : countTokens(String(input ?? ''));
}

function documentText(document: unknown): string {
  if (typeof document === 'string') return document;
  const text = (document as { text?: unknown } | null)?.text;
  return typeof text === 'string' ? text : JSON.stringify(document);
}
