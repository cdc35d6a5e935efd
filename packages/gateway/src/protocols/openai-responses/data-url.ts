/** What a `data:` URL holds, in base64 without line ends; undefined when the text is none. */
export function parseDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!/^data:/i.test(url.slice(0, SCHEME.length))) return undefined;
  const comma = url.indexOf(',');
  if (comma === -1) return undefined;
  const [type, ...parameters] = url.slice(SCHEME.length, comma).split(';');
  const mediaType = type === undefined || type === '' ? 'text/plain' : type.toLowerCase();
  const content = url.slice(comma + 1);
  if (parameters.includes('base64')) return { mediaType, data: withoutSpace(content) };
  return { mediaType, data: Buffer.from(percentDecoded(content)).toString('base64') };
}

export function dataUrl(mediaType: string, data: string): string {
  return `${SCHEME}${mediaType};base64,${data}`;
}

/** Base64 without line ends. */
export function withoutSpace(base64: string): string {
  return /\s/.test(base64) ? base64.replace(/\s+/g, '') : base64;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const SCHEME = 'data:';
