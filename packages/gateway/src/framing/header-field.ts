/** What the name of a header or of a method may be made of (RFC 9110, section 5.6.2). */
export const fieldToken = /^[!#$%&'*+\-.^`|~\w]+$/;

const SPACE = 32;
const TAB = 9;

/** The value of a header within the text of a head, without the blanks around it (RFC 9110, section 5.5). */
export function fieldValue(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** A blank or a tab; not what stands behind the end of a text or of bytes. */
export function isBlank(code: number | undefined): boolean {
  return code === SPACE || code === TAB;
}
