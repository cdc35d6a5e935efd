import { createHash, createHmac } from 'node:crypto';

/**
 * AWS Signature Version 4: what a request must carry so that AWS believes who sent it. Pure: nothing is fetched or
 * kept. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */

/** A request as it is to be sent, and with what to sign it. */
export interface RequestToSign {
  readonly method: string;
  /** Path as it stands in the request line: `/model/some.model-v1%3A0/converse`. */
  readonly path: string;
  /** Query as it stands there, without `?`; '' when there is none. */
  readonly query: string;
  /** Headers to be signed, in lower case; `host` must be among them. The hop may not change any of them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly region: string;
  /** Name of the service in its signing scope. */
  readonly service: string;
  readonly credentials: AwsCredentials;
  readonly date: Date;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken: string | undefined;
}

/** Headers to add to the request. */
export function signRequest(request: RequestToSign): Readonly<Record<string, string>> {
  const { credentials, region, service } = request;
  const timestamp = request.date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const added: Record<string, string> = { 'x-amz-date': timestamp };
  if (credentials.sessionToken !== undefined) added['x-amz-security-token'] = credentials.sessionToken;
  const { text, signedHeaders } = canonicalRequest(request, { ...request.headers, ...added });
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(text)}`;
  let key = hmac(`AWS4${credentials.secretAccessKey}`, day);
  for (const step of [region, service, 'aws4_request']) key = hmac(key, step);
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const credential = `${credentials.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return { ...added, authorization };
}

function canonicalRequest(
  { method, path, query, body }: RequestToSign,
  headers: Readonly<Record<string, string>>,
): { readonly text: string; readonly signedHeaders: string } {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, ' ')}\n`).join('');
  const signedHeaders = names.join(';');
  const text = [method, canonicalPath(path), canonicalQuery(query), lines, signedHeaders, sha256(body)].join('\n');
  return { text, signedHeaders };
}

/**
 * The path with each segment encoded once more than it was sent, as every service but S3 has it: the `:` of a model's
 * id, sent as `%3A`, is signed as `%253A`. Dot segments and empty ones go first.
 */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  const isFolder = segments.length > 0 && /\/\.{0,2}$/.test(path);
  return `/${segments.join('/')}${isFolder ? '/' : ''}`;
}

/** Parameters encoded as AWS wants them and sorted by name, then value. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    return [recode(name), equals === -1 ? '' : recode(pair.slice(equals + 1))] as const;
  });
  return pairs
    .sort((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function recode(text: string): string {
  try {
    return encode(decodeURIComponent(text));
  } catch {
    // A stray percent sign: taken as itself.
    return encode(text);
  }
}

/** RFC 3986: all but letters, digits and `-._~`, which encodeURIComponent nearly does. */
function encode(text: string): string {
  const encoded = encodeURIComponent(text);
  return encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
