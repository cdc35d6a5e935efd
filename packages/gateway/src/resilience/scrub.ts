const mask = '[redacted]';
const shortestSecret = 6;

/** Addresses; the scheme's length is bounded so that a long run of letters and dots is not read over and over. */
const address = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>`]+/gi;
const authorization = /\b(bearer|basic)[ \t]{1,4}[^\s"',;]+/gi;
const assignment =
  /\b(api[-_]?key|key|token|secret|password|signature|sig)(["']?[ \t]?[=:][ \t]?["']?)[^\s"',;&]{6,}/gi;
/** Runs of what tokens are made of; each is then judged. */
const run = /[A-Za-z0-9_\-+/=.~]{16,}/g;
const knownPrefix =
  /^(?:sk|pk|rk|gsk|csk|hf|pplx|r8|nvapi|glpat|ghp|gho|ghs|AIza|AKIA|ASIA|ya29|eyJ|fw|tgp)[-_.A-Za-z0-9]/;

/**
 * Replaces what may be a credential: the secrets given, bearer-like tokens, values of key-like names, and user, query
 * and fragment of addresses. Time is linear in the text. Meant for messages that people read, not for bodies.
 */
export function scrub(text: string, secrets: Iterable<string>): string {
  let scrubbed = text;
  for (const secret of secrets) {
    if (secret.length >= shortestSecret) scrubbed = scrubbed.replaceAll(secret, mask);
  }
  return scrubbed
    .replace(address, scrubAddress)
    .replace(authorization, `$1 ${mask}`)
    .replace(assignment, `$1$2${mask}`)
    .replace(run, (token) => (isTokenLike(token) ? mask : token));
}

function scrubAddress(found: string): string {
  const schemeEnd = found.indexOf('://') + 3;
  const query = found.slice(schemeEnd).search(/[?#]/);
  const end = query === -1 ? found.length : schemeEnd + query;
  const slash = found.indexOf('/', schemeEnd);
  const hostEnd = slash === -1 || slash > end ? end : slash;
  const user = found.lastIndexOf('@', hostEnd - 1);
  const hostStart = user >= schemeEnd ? user + 1 : schemeEnd;
  return `${found.slice(0, schemeEnd)}${found.slice(hostStart, end)}`;
}

/** A known prefix, or a long unbroken piece that mixes letters and digits as no word or model name does. */
function isTokenLike(token: string): boolean {
  if (knownPrefix.test(token) && /\d/.test(token)) return true;
  return token.split(/[/.\-_=~]/).some((piece) => piece.length >= 20 && /\d/.test(piece) && /[A-Za-z]/.test(piece));
}
