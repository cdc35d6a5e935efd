/** A place in a configuration: keys and list indexes from the top. */
export type ConfigPath = readonly (string | number)[];

/** `backends[0].url`, `models["a/b"].providers`: as an operator would point at it. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** One text per path, for maps. */
export function pathKey(path: ConfigPath): string {
  return JSON.stringify(path);
}
