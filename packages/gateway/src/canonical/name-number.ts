/** A number for a name, mostly another for another one: names are often told apart by their ends. For places to look in. */
export function nameNumber(name = ''): number {
  const { length } = name;
  if (length < 2) return length === 0 ? 7 : name.charCodeAt(0);
  return length * 961 + name.charCodeAt(length - 1) * 31 + name.charCodeAt(length - 2);
}
