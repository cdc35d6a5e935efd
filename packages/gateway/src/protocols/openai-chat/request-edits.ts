import { applyEdits, findMembers, insertMembers, type MemberSpan, type SpanEdit } from '../../framing/json-members.ts';

/** What must differ between the caller's bytes and those the upstream gets. */
export interface RequestEdits {
  /** Model to send; undefined leaves the body's own. */
  readonly model: string | undefined;
  /** Ask for usage at the end of the stream. */
  readonly includeUsage: boolean;
}

const OPEN_BRACE = 123;
const MODEL = new Set(['model']);
const MODEL_AND_STREAM_OPTIONS = new Set(['model', 'stream_options']);
const INCLUDE_USAGE = new Set(['include_usage']);

/**
 * The body for one upstream. Only the spans that must change are touched; with nothing to change, the very same
 * bytes are returned. A duplicate `model` is edited everywhere, since parsers differ in which one they believe.
 */
export function editRequest(bytes: Buffer, edits: RequestEdits): Buffer {
  const { model, includeUsage } = edits;
  if (model === undefined && !includeUsage) return bytes;
  const changes: SpanEdit[] = [];
  let hasModel = false;
  let hasStreamOptions = false;
  for (const span of findMembers(bytes, includeUsage ? MODEL_AND_STREAM_OPTIONS : MODEL)) {
    if (span.key === 'model') {
      hasModel = true;
      if (model !== undefined) changes.push({ start: span.start, end: span.end, text: JSON.stringify(model) });
    } else {
      hasStreamOptions = true;
      changes.push(...askForUsage(bytes, span));
    }
  }
  const missing: [string, string][] = [];
  if (model !== undefined && !hasModel) missing.push(['model', JSON.stringify(model)]);
  if (includeUsage && !hasStreamOptions) missing.push(['stream_options', '{"include_usage":true}']);
  if (missing.length > 0) changes.unshift(insertMembers(bytes, missing));
  return changes.length === 0 ? bytes : applyEdits(bytes, changes);
}

/** The edits by which the `stream_options` at `span` ask for usage; what else they hold stays as it is. */
function askForUsage(bytes: Buffer, { start, end }: MemberSpan): SpanEdit[] {
  if (bytes[start] !== OPEN_BRACE) return [{ start, end, text: '{"include_usage":true}' }];
  const options = bytes.subarray(start, end);
  const found = findMembers(options, INCLUDE_USAGE);
  const edits = found.length === 0 ? [insertMembers(options, [['include_usage', 'true']])] : found.map(toTrue);
  return edits.map((edit) => ({ ...edit, start: start + edit.start, end: start + edit.end }));
}

function toTrue({ start, end }: MemberSpan): SpanEdit {
  return { start, end, text: 'true' };
}
