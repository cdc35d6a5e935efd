import type { Endpoint } from '../endpoint.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { bedrockCountAnswer, invokeAnswer } from './bedrock-documents.ts';
import { healthAnswer, modelAnswer, modelsAnswer, otherAnswer } from './catalogue.ts';
import { chatAnswer } from './chat.ts';
import { cohereAnswer } from './cohere.ts';
import { cohereEmbedAnswer, cohereRerankAnswer } from './cohere-documents.ts';
import { completionsAnswer } from './completions.ts';
import { converseAnswer } from './converse.ts';
import { embeddingsAnswer, moderationsAnswer, rerankAnswer } from './documents.ts';
import { geminiAnswer } from './gemini.ts';
import { geminiBatchEmbedAnswer, geminiCountAnswer, geminiEmbedAnswer } from './gemini-documents.ts';
import { imagesAnswer, speechAnswer, transcriptionsAnswer } from './media.ts';
import { countTokensAnswer, messagesAnswer } from './messages.ts';
import { responsesAnswer } from './responses.ts';

/** Makes the good answer to a request. */
export function composeAnswer(context: AnswerContext): Answer {
  return answers[context.request.endpoint](context);
}

const answers: Readonly<Record<Endpoint, (context: AnswerContext) => Answer>> = {
  chat: chatAnswer,
  completions: completionsAnswer,
  embeddings: embeddingsAnswer,
  responses: responsesAnswer,
  messages: messagesAnswer,
  'count-tokens': countTokensAnswer,
  models: modelsAnswer,
  model: modelAnswer,
  health: healthAnswer,
  moderations: moderationsAnswer,
  images: imagesAnswer,
  speech: speechAnswer,
  transcriptions: transcriptionsAnswer,
  rerank: rerankAnswer,
  'gemini-generate': geminiAnswer,
  'gemini-count': geminiCountAnswer,
  'gemini-embed': geminiEmbedAnswer,
  'gemini-batch-embed': geminiBatchEmbedAnswer,
  'bedrock-converse': converseAnswer,
  'bedrock-count': bedrockCountAnswer,
  'bedrock-invoke': invokeAnswer,
  'cohere-chat': cohereAnswer,
  'cohere-embed': cohereEmbedAnswer,
  'cohere-rerank': cohereRerankAnswer,
  other: otherAnswer,
};
