/** A path with one more segment, in front of its query. */
export function pathBelow(path: string, segment: string): string {
  const query = path.indexOf('?');
  return query === -1 ? `${path}/${segment}` : `${path.slice(0, query)}/${segment}${path.slice(query)}`;
}
