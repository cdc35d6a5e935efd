import { PassThrough, type Readable } from 'node:stream';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Exchange, Upload } from '../exchange.ts';
import { renameMembers } from '../framing/json-members.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { editRequest } from '../protocols/openai-chat/request-edits.ts';
import type { PlanStep } from '../routing/plan.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';

/**
 * The body as one target gets it: the caller's bytes, but for the name of the model, the wish for usage, and names that the
 * provider has for members. A body that flows can be made once only; its length, where it is known, is added to `headers`.
 */
export function upstreamBody(exchange: Exchange, step: PlanStep, headers: string[]): UpstreamRequest['body'] {
  const { body, facts, operation, protocol, upload } = exchange;
  if (upload) return flowingBody(exchange, step, upload, headers);
  if (!body || operation === 'proxy') return body;
  if (exchange.isForm) return withFormModel(body, exchange, step);
  const { hasStreamOptions = false, modelIn } = findProtocol(protocol).upstream;
  if (modelIn === 'path') return body;
  const canAsk = hasStreamOptions && (operation === 'chat' || operation === 'completions');
  const asksUsage = facts.stream && !facts.includeUsage && canAsk;
  const { target } = step.routeTarget;
  const edited = editRequest(body, {
    model: step.upstreamModel === facts.model ? undefined : step.upstreamModel,
    includeUsage: asksUsage && target.acceptsStreamOptions,
  });
  const names = operation === 'embeddings' ? target.operations.embeddingMembers : undefined;
  return names === undefined ? edited : renameMembers(edited, names);
}

function flowingBody(exchange: Exchange, step: PlanStep, upload: Upload, headers: string[]): Readable {
  const head = withFormModel(upload.head, exchange, step);
  if (upload.length !== undefined) {
    headers.push('content-length', String(upload.length + head.length - upload.head.length));
  }
  const joined = new PassThrough();
  joined.write(head);
  watchUpload(upload, (fault) => {
    exchange.uploadFault = fault;
    joined.destroy(fault);
  });
  upload.rest.pipe(joined);
  upload.rest.on('close', () => {
    if (!upload.rest.readableEnded) joined.destroy(new Error('the client left during its upload'));
  });
  return joined;
}

/** A form's bytes with the target's own name for the model in place of the caller's. */
function withFormModel(bytes: Buffer, { facts, formModel }: Exchange, { upstreamModel }: PlanStep): Buffer {
  if (formModel === undefined || upstreamModel === undefined || upstreamModel === facts.model) return bytes;
  const { start, end } = formModel;
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(upstreamModel), bytes.subarray(end)]);
}

/** Reports an upload that outgrows what is allowed, or names another model, once. */
function watchUpload({ head, models, rest, maxBytes }: Upload, onFault: (fault: GatewayError) => void): void {
  let bytes = head.length;
  const watch = (chunk: Buffer): void => {
    bytes += chunk.length;
    try {
      if (bytes > maxBytes) throw new GatewayError('payload_too_large', `The body is larger than ${maxBytes} bytes.`);
      models?.push(chunk);
    } catch (fault) {
      rest.off('data', watch);
      onFault(fault as GatewayError);
    }
  };
  rest.on('data', watch);
}
