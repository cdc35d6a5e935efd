const tokenWords = new Set(['authentication', 'authorization', 'credential', 'credentials', 'required']);

/** Keys of providers and services that tell themselves by a prefix. Lengths keep model and target names such as `xai-grok-beta` out. */
const prefixedKey = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'sk[-_][A-Za-z0-9_-]{8,}',
    '(?:gsk_|csk-|xai-|pplx-|hf_|r8_|rk_live_|tvly-)[A-Za-z0-9]{16,}',
    '(?:nvapi-|glpat-|xox[abeprs]-|github_pat_|ya29\\.)[A-Za-z0-9_-]{16,}',
    'gh[opsur]_[A-Za-z0-9]{16,}',
    'A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}(?![A-Za-z0-9])',
    'AIza[A-Za-z0-9_-]{20,}',
    'ABSK[A-Za-z0-9+/=]{20,}',
  ].join('|')})`,
  'g',
);
const privateKey = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;
const authorization = /(?<![A-Za-z0-9])(Bearer|Basic)([ \t]{1,8}|%20|\+)([A-Za-z0-9._~+/=-]{6,})/gi;
// One start per run of its own characters: a word boundary would let `eyJ-eyJ-…` start again and again.
const jsonWebToken = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g;
const urlCredentials = /:\/\/[^\s/?#@"'<>]{1,512}@/g;
const secretNames = [
  'x-api-key',
  'api[-_]?key',
  'x-goog-api-key',
  'access[-_]?token',
  'refresh[-_]?token',
  'auth[-_]?token',
  'session[-_]?token',
  'security[-_]token',
  'client[-_]?secret',
  'secret[-_]?(?:access[-_]?)?key',
  'private[-_]?key',
  'password',
  'passwd',
  'authorization',
].join('|');
/** `name=value`, `name: value` and `"name":"value"`; a value that is already masked or a scheme word stays. */
const namedSecret = new RegExp(
  `(?<![A-Za-z0-9])(${secretNames})(\\\\?["']?\\s{0,3}[=:]\\s{0,3}\\\\?["']?)(?!Bearer|Basic|\\[)([^\\s&"'\\\\,;})\\]]{3,})`,
  'gi',
);
const querySecret = /([?&](?:key|token|sig|signature|x-amz-signature|x-amz-credential|code)=)(?!\[)[^\s&"'#]{4,}/gi;
const secretFieldName = new RegExp(
  `^(?:${secretNames}|proxy-authorization|set-cookie|cookie|secret|token|bearer)$`,
  'i',
);

/**
 * Masks what opens doors: keys, tokens, passwords. Every pattern either consumes what it scanned or gives up within a
 * bounded number of characters, so time grows with the length of the text and no faster.
 */
export function maskSecrets(text: string): string {
  if (text.length < 6) return text;
  let masked = text;
  if (masked.includes('-----BEGIN')) masked = masked.replace(privateKey, '[PRIVATE_KEY]');
  masked = masked.replace(authorization, maskAuthorization);
  if (masked.includes('eyJ')) masked = masked.replace(jsonWebToken, '[JWT]');
  if (masked.includes('://')) masked = masked.replace(urlCredentials, '://[CREDENTIALS]@');
  masked = masked.replace(prefixedKey, '[API_KEY]');
  if (masked.includes('=') || masked.includes(':')) {
    masked = masked.replace(namedSecret, '$1$2[SECRET]').replace(querySecret, '$1[SECRET]');
  }
  return masked;
}

/** Whether a field of this name holds a secret whatever its value looks like. */
export function isSecretFieldName(name: string): boolean {
  return secretFieldName.test(name);
}

function maskAuthorization(match: string, scheme: string, space: string, value: string): string {
  if (tokenWords.has(value.toLowerCase().replace(/[.]$/, ''))) return match;
  // `Basic` is an ordinary word; credentials after it are base64 and hardly ever lower-case letters alone.
  if (scheme.toLowerCase() === 'basic' && /^[a-z.-]*$/.test(value)) return match;
  return `${scheme}${space}[TOKEN]`;
}
