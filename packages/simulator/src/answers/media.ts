import type { Answer, AnswerContext } from './answer.ts';
import { created, jsonAnswer } from './answer.ts';

/** Answers image requests with a picture of one pixel for each asked for. */
export function imagesAnswer({ request, spec }: AnswerContext): Answer {
  const asked = request.json?.['n'];
  const count = typeof asked === 'number' && asked >= 1 ? Math.min(10, Math.floor(asked)) : 1;
  return jsonAnswer({
    created,
    data: Array.from({ length: count }, () => ({ b64_json: onePixelPng })),
    usage:
      typeof spec.usage === 'object'
        ? spec.usage
        : { input_tokens: 10, output_tokens: 100 * count, total_tokens: 10 + 100 * count },
  });
}

/** Answers `/audio/speech` with bytes that are no text: every byte value in turn, 256 for each word of the default answer. */
export function speechAnswer({ request, spec, tokens }: AnswerContext): Answer {
  const format = request.json?.['response_format'];
  const contentType = format === 'wav' ? 'audio/wav' : format === 'opus' ? 'audio/opus' : 'audio/mpeg';
  const length = 256 * (spec.tokens ?? tokens);
  return {
    contentType,
    body: () => Buffer.from(Uint8Array.from({ length }, (_, index) => index % 256)),
    stream: undefined,
    tokens: 0,
  };
}

/** Answers `/audio/transcriptions` with what arrived: the file's name and its number of bytes. */
export function transcriptionsAnswer({ request, spec }: AnswerContext): Answer {
  const file = request.parts.find((part) => part.filename !== undefined);
  const text = spec.text ?? `Received ${file?.filename ?? 'no file'}, ${file?.body.length ?? 0} bytes.`;
  const format = request.parts.find((part) => part.name === 'response_format')?.body.toString('utf8');
  if (format === 'text') {
    return {
      contentType: 'text/plain; charset=utf-8',
      body: () => Buffer.from(`${text}\n`),
      stream: undefined,
      tokens: 0,
    };
  }
  return jsonAnswer({
    text,
    filename: file?.filename ?? null,
    bytes: file?.body.length ?? 0,
    usage: { type: 'duration', seconds: 1 },
  });
}

const onePixelPng = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
