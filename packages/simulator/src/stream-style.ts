import { encodeEvent } from './answers/event-stream.ts';
import type { AnswerBehaviour, MalformedEventBehaviour } from './behaviours.ts';
import type { AnswerBody, Step } from './reply-plan.ts';
import type { SimulatedRequest } from './simulated-request.ts';
import { streamFormOf, wireOf } from './wires.ts';

/** Writes server-sent events with other line ends, a byte order mark or comments; other streams have none of these. */
export function restyle(body: AnswerBody, style: AnswerBehaviour, request: SimulatedRequest): AnswerBody {
  const { newline, bom, comments } = style;
  if (streamFormOf(request) !== 'sse' || (newline === undefined && !bom && !comments)) return body;
  const steps = body.steps.map((step, index): Step => {
    const event = step.bytes.toString('utf8');
    const own = event.endsWith('\r\n') ? '\r\n' : '\n';
    const text = `${comments ? `: keep-alive${own}${own}` : ''}${event}`;
    // JSON holds no raw line ends, so every one of them belongs to the framing.
    const styled = text.replaceAll(own, newline ?? own);
    return { ...step, bytes: Buffer.from(bom && index === 0 ? `\uFEFF${styled}` : styled) };
  });
  return { ...body, steps };
}

/** One event that is no JSON, or whose checksum is wrong, framed as the request's wire wants it. `position` is the number of events before it. */
export function malformedEvent(
  request: SimulatedRequest,
  { data = '{"id":"broken","choices":[{"delta":{"content":"gar', corrupt }: MalformedEventBehaviour,
  position: number,
): Buffer {
  const form = streamFormOf(request);
  const end = wireOf(request.endpoint) === 'gemini' ? '\r\n\r\n' : '\n\n';
  if (form === 'sse') return Buffer.from(`data: ${data}${end}`);
  if (form === 'json-array') return Buffer.from(`${position === 0 ? '[' : ',\r\n'}${data}`);
  if (!corrupt) return encodeEvent('contentBlockDelta', data);
  const frame = encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"garbled"}}');
  // The last byte is the checksum's.
  frame.writeUInt8(frame.readUInt8(frame.length - 1) ^ 0xff, frame.length - 1);
  return frame;
}
