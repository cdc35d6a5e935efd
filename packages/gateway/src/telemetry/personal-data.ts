const cardNumber =
  /(?<![\w.-])(?:\d{14,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{3})?|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-])/g;
/** Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay. Timestamps of this age start with 1. */
const cardIssuer =
  /^(?:4(?:\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|3[068]\d{12}|62\d{14,17})$/;
const socialSecurityNumber = /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g;
const internationalPhone = /(?<![\w+])\+[1-9](?:[ .()-]{0,2}\d){6,14}(?!\w)/g;
const nationalPhone = /(?<![\w.+-])(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}(?![\w-]|\.\d)/g;

/**
 * Masks what tells who somebody is: e-mail addresses, card numbers, US social security numbers and phone numbers. Bare
 * digits are never taken for a phone number, since ids and timestamps look the same. Time grows with the length only.
 */
export function maskPersonalData(text: string): string {
  if (text.length < 6) return text;
  let masked = text.includes('@') ? maskEmails(text) : text;
  if (!/\d{3}/.test(masked)) return masked;
  masked = maskCards(masked);
  if (masked.includes('-')) masked = masked.replace(socialSecurityNumber, '[SSN]');
  if (masked.includes('+')) masked = masked.replace(internationalPhone, '[PHONE]');
  return masked.replace(nationalPhone, '[PHONE]');
}

/** Walks outwards from each `@`, at most 64 characters to the left and 255 to the right, as far as an address can reach. */
function maskEmails(text: string): string {
  let result = '';
  let copied = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = startOfLocalPart(text, at, copied);
    const end = endOfDomain(text, at);
    if (start === at || end === -1) continue;
    result += `${text.slice(copied, start)}[EMAIL]`;
    copied = end;
    at = end - 1;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function startOfLocalPart(text: string, at: number, floor: number): number {
  const limit = Math.max(floor, at - 64);
  let start = at;
  while (start > limit && isLocalPart(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

function endOfDomain(text: string, at: number): number {
  const limit = Math.min(text.length, at + 256);
  let end = at + 1;
  while (end < limit && isDomain(text.charCodeAt(end))) end += 1;
  // A full stop or hyphen that ends the sentence is not part of the name.
  while (end > at + 1 && !isWord(text.charCodeAt(end - 1))) end -= 1;
  const domain = text.slice(at + 1, end);
  const dot = domain.lastIndexOf('.');
  // `package@1.2.3` and `model@20240229` have no top-level domain made of letters.
  return dot > 0 && domain.length - dot > 2 && !/\d/.test(domain.slice(dot)) ? end : -1;
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 160;
}

function isLocalPart(code: number): boolean {
  // . _ + - % '
  return isWord(code) || code === 46 || code === 95 || code === 43 || code === 45 || code === 37 || code === 39;
}

function isDomain(code: number): boolean {
  return isWord(code) || code === 46 || code === 45;
}

function maskCards(text: string): string {
  let result = '';
  let copied = 0;
  cardNumber.lastIndex = 0;
  for (let match = cardNumber.exec(text); match !== null; match = cardNumber.exec(text)) {
    const digits = match[0].replace(/[ -]/g, '');
    if (!cardIssuer.test(digits) || !passesLuhn(digits)) {
      // The card may start within what was rejected, as in `2024 4111 1111 1111 1111`.
      cardNumber.lastIndex = match.index + 1;
      continue;
    }
    result += `${text.slice(copied, match.index)}[CREDIT_CARD]`;
    copied = match.index + match[0].length;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
