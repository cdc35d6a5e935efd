/** What ended an answer that is none: its provider's fault, or that of the model alone, which may do better if asked again. */
export type AnswerFault = 'transient' | 'unfinished';

/**
 * The error in band for an answer that its model could not finish, where the wire has a word for that and no error: the
 * code is one that is read when failures are classified.
 */
export const UNFINISHED_ANSWER = Buffer.from(
  '{"error":{"code":"unfinished_answer","message":"The model could not finish its answer."}}',
);
