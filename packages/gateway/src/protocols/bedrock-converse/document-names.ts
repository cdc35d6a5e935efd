/**
 * Names of documents as Converse takes them: letters, digits, single spaces, hyphens, parentheses and brackets, 200 at
 * most, no two alike in a request.
 */
export class DocumentNames {
  readonly #used = new Set<string>();

  take(name: string | undefined): string {
    const fit = (name ?? '')
      .replace(/[^A-Za-z0-9\s\-()[\]]+/g, '-')
      .replace(/\s+/g, ' ')
      .slice(0, LONGEST)
      .trim();
    const base = /[A-Za-z0-9]/.test(fit) ? fit : 'document';
    let unique = base;
    for (let count = 2; this.#used.has(unique); count++) unique = `${base} (${count})`;
    this.#used.add(unique);
    return unique;
  }
}

/** Less than 200, to have room for a number. */
const LONGEST = 190;
