/** What JSON says between brackets. */
export type Cells = readonly unknown[];

/** Undefined for anything else than a whole list. */
export function cellsOf(json: string): Cells | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether cells are what a shape says, one letter for each: `t` text, `o` text or nothing, `n` whole number that is not
 * negative, `m` that or nothing, `a` list. All are looked at before any is taken.
 */
export function fits(cells: Cells, shape: string): boolean {
  if (cells.length !== shape.length) return false;
  for (let index = 0; index < shape.length; index++) {
    if (!isOf(shape.charCodeAt(index), cells[index])) return false;
  }
  return true;
}

const [t, o, n, m, a] = Array.from('tonma', (letter) => letter.charCodeAt(0));

function isOf(kind: number, cell: unknown): boolean {
  switch (kind) {
    case t:
      return typeof cell === 'string';
    case o:
      return cell === null || typeof cell === 'string';
    case n:
      return isCount(cell);
    case m:
      return cell === null || isCount(cell);
    case a:
      return Array.isArray(cell);
    default:
      return false;
  }
}

export function isCount(cell: unknown): cell is number {
  return typeof cell === 'number' && cell >= 0 && Number.isSafeInteger(cell);
}

/** Of a cell that is a text or nothing. */
export function text(cell: unknown): string | undefined {
  return cell === null ? undefined : (cell as string);
}
