import type { Endpoint } from '../endpoint.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { healthAnswer, modelAnswer, modelsAnswer, otherAnswer } from './catalogue.ts';
import { chatAnswer } from './chat.ts';
import { completionsAnswer } from './completions.ts';
import { embeddingsAnswer, moderationsAnswer, rerankAnswer } from './documents.ts';
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
  other: otherAnswer,
};
