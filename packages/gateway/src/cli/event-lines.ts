import { CommandFailure } from './command-failure.ts';

/** One server-sent event, as far as the command line needs it. */
export interface LineEvent {
  /** The `event:` field; undefined when the event has none. */
  readonly name: string | undefined;
  readonly data: string;
}

/** A line longer than this is not a piece of an answer. */
const maxLineLength = 8 * 1024 * 1024;

/** Reads server-sent events line by line, whatever the chunks' boundaries. An event without its blank line is dropped. */
export async function* readEventLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LineEvent> {
  let name: string | undefined;
  let data: string[] = [];
  let size = 0;
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { name, data: data.join('\n') };
      name = undefined;
      data = [];
      size = 0;
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    size += line.length;
    if (size > maxLineLength) throw tooLong();
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of a CRLF whose LF is still to come.
    const heldBack = rest.endsWith('\r') ? '\r' : '';
    const lines = rest.slice(0, rest.length - heldBack.length).split(/\r\n|\n|\r/);
    rest = `${lines.pop() ?? ''}${heldBack}`;
    if (rest.length > maxLineLength) throw tooLong();
    yield* lines;
  }
}

function tooLong(): CommandFailure {
  return new CommandFailure('server_error', `An event of the answer is longer than ${maxLineLength} characters.`);
}
