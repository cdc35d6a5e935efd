import { isObject, type JsonObject } from '../canonical/json.ts';
import type { FailureMember } from '../protocols/protocol.ts';
import type { AnswerFault } from '../protocols/unfinished-answer.ts';
import { classifyBody } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import { failureMessage } from '../resilience/failure-table.ts';
import { failureOf } from './attempt.ts';

/** What an answer says is wrong with it, by the member that its wire has for that; undefined: nothing. */
export function faultIn(answer: JsonObject, failure: FailureMember | undefined): AnswerFault | undefined {
  return failure === undefined ? undefined : faultAt(answer, failure, failure.depth);
}

/** The same of a value so many levels above that member. */
function faultAt(value: unknown, failure: FailureMember, levels: number): AnswerFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 1) {
    const word = isObject(value) ? value[failure.name] : undefined;
    return typeof word === 'string' || typeof word === 'number' ? failure.faultOf(String(word)) : undefined;
  }
  if (Array.isArray(value)) {
    for (const inner of value) {
      const fault = faultAt(inner, failure, levels - 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  // Every answer is looked through, and a list of its values would take as long to make as a fifth of the parsing.
  for (const name in value) {
    const fault = faultAt((value as JsonObject)[name], failure, levels - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The failure of an answer with a fault: as its body tells it, where that says more than that it failed. */
export function failedAnswer(bytes: Buffer, fault: AnswerFault): Failure {
  if (fault === 'unfinished') return failureOf(fault, failureMessage(fault));
  const failure = classifyBody(bytes);
  const isRead = failure.kind !== 'caller_fault' && failure.kind !== 'unknown';
  return isRead ? failure : failureOf('transient', 'the provider could not finish its answer');
}
