import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { AnswerCollector } from '../../canonical/collect-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { DecodeContext } from '../protocol.ts';
import { AnswerReader } from './answer-reader.ts';

/** Reads a whole answer: a stream of one chunk. */
export function decodeAnswer(body: JsonObject, context: DecodeContext): ChatAnswer {
  const collector = new AnswerCollector();
  const reader = new AnswerReader(context);
  const take = (event: ChatEvent) => collector.push(event);
  reader.read(body, take);
  reader.finish(take);
  return collector.answer();
}
