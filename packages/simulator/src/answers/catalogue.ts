import { createHash } from 'node:crypto';
import { modelInPath } from '../endpoint.ts';
import type { SimulatedRequest } from '../simulated-request.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { created, jsonAnswer } from './answer.ts';

/** Answers `GET /models` with the simulator's list. */
export function modelsAnswer({ models }: AnswerContext): Answer {
  return jsonAnswer({ object: 'list', data: models.map(modelEntry) });
}

/** Answers `GET /models/{id}` for any id. */
export function modelAnswer({ request }: AnswerContext): Answer {
  return jsonAnswer(modelEntry(modelInPath(request.path)));
}

/** Answers `GET /health`. */
export function healthAnswer(): Answer {
  return jsonAnswer({ status: 'ok' });
}

/** Answers any other path with what arrived there. */
export function otherAnswer({ request }: AnswerContext): Answer {
  return jsonAnswer(describeRequest(request));
}

/** The request as data: what a proxy must not have changed. */
export function describeRequest(request: SimulatedRequest): Record<string, unknown> {
  return {
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers,
    bodyBytes: request.body.length,
    bodySha256: createHash('sha256').update(request.body).digest('hex'),
  };
}

function modelEntry(id: string): object {
  return { id, object: 'model', created, owned_by: 'simulator' };
}
