import { applyEdits, findMembers, insertMember, type SpanEdit } from '../../framing/json-members.ts';

/** What must differ between the caller's bytes and those the upstream gets. */
export interface RequestEdits {
  /** Model to send; undefined leaves the body's own. */
  readonly model: string | undefined;
  /** Ask for usage at the end of the stream. */
  readonly includeUsage: boolean;
}

const MODEL = new Set(['model']);
const MODEL_AND_STREAM_OPTIONS = new Set(['model', 'stream_options']);

/**
 * The body for one upstream. Only the spans that must change are touched; with nothing to change, the very same
 * bytes are returned. A duplicate `model` is edited everywhere, since parsers differ in which one they believe.
 */
export function editRequest(bytes: Buffer, edits: RequestEdits): Buffer {
  const { model, includeUsage } = edits;
  if (model === undefined && !includeUsage) return bytes;
  const members = findMembers(bytes, includeUsage ? MODEL_AND_STREAM_OPTIONS : MODEL);
  const changes: SpanEdit[] = [];
  let hasModel = false;
  let hasStreamOptions = false;
  for (const { key, start, end } of members) {
    if (key === 'model') {
      hasModel = true;
      if (model !== undefined) changes.push({ start, end, text: JSON.stringify(model) });
    } else {
      hasStreamOptions = true;
      changes.push({ start, end, text: withUsage(bytes.toString('utf8', start, end)) });
    }
  }
  if (includeUsage && !hasStreamOptions) {
    changes.unshift(insertMember(bytes, 'stream_options', '{"include_usage":true}'));
  }
  if (model !== undefined && !hasModel) changes.unshift(insertMember(bytes, 'model', JSON.stringify(model)));
  return applyEdits(bytes, changes);
}

function withUsage(streamOptions: string): string {
  const value = JSON.parse(streamOptions) as Record<string, unknown> | null;
  return JSON.stringify({ ...value, include_usage: true });
}
