import { nameNumber } from '../../canonical/name-number.ts';
import type { OwnValue, SqlValue } from './database.ts';

/** Which columns of a table many rows have in common, and which each row has for itself. */
export interface GroupLayout {
  readonly sharedColumns: readonly string[];
  readonly ownColumns: readonly string[];
  /** Their indexes among all columns of a row. */
  readonly shared: readonly number[];
  readonly own: readonly number[];
}

/** Columns that are neither are left to their defaults. */
export function groupLayout(
  columns: readonly string[],
  { ownColumns, sharedColumns }: Pick<GroupLayout, 'ownColumns' | 'sharedColumns'>,
): GroupLayout {
  const indexes = (names: readonly string[]) => names.map((name) => columns.indexOf(name));
  return { sharedColumns, ownColumns, shared: indexes(sharedColumns), own: indexes(ownColumns) };
}

/** What the rows of a group have in common. It is one object for all of them. */
export type Group = readonly SqlValue[];

/** Puts rows together that differ in nothing but what is their own; see `GroupsToInsert`. */
export class RowGroups {
  readonly groups: Group[] = [];
  readonly rows: OwnValue[] = [];
  readonly layout: GroupLayout;
  /** Indexes of the groups of rows that are known to be alike by who brings them. */
  readonly #alike = new Map<object, number>();
  /** Indexes of the groups that a number stands for: to make a text of all values would take longer than the rest. */
  readonly #places = new Map<number, number[]>();
  #last = -1;

  constructor(layout: GroupLayout) {
    this.layout = layout;
  }

  /**
   * Adds a row by the values of all its columns; gives its group. All rows that are said to be `alike` with the same
   * object are of the same group.
   */
  add(values: readonly SqlValue[], alike?: object): Group {
    // A row is often like the one before it.
    if (!this.#isOf(this.groups[this.#last], values)) this.#last = this.#placeOf(values);
    if (alike !== undefined) this.#alike.set(alike, this.#last);
    this.rows.push(this.#last);
    for (const index of this.layout.own) this.rows.push(ownValue(values[index]!));
    return this.groups[this.#last]!;
  }

  /** Whether a row was added that is alike. */
  has(alike: object): boolean {
    return this.#alike.has(alike);
  }

  /** Begins another one; whoever does appends the values of its own columns in their order to what this gives. */
  beginAlike(alike: object): OwnValue[] {
    this.rows.push(this.#alike.get(alike)!);
    return this.rows;
  }

  /** Adds another one, by the values of its own columns in their order; gives its group. */
  addAlike(alike: object, own: readonly OwnValue[]): Group {
    const rows = this.beginAlike(alike);
    for (let index = 0; index < own.length; index++) rows.push(own[index]!);
    return this.groups[this.#alike.get(alike)!]!;
  }

  #placeOf(values: readonly SqlValue[]): number {
    const number = this.#numberOf(values);
    const places = this.#places.get(number);
    const known = places?.find((place) => this.#isOf(this.groups[place], values));
    if (known !== undefined) return known;
    this.groups.push(this.layout.shared.map((index) => values[index]!));
    const place = this.groups.length - 1;
    if (places === undefined) this.#places.set(number, [place]);
    else places.push(place);
    return place;
  }

  #isOf(group: Group | undefined, values: readonly SqlValue[]): boolean {
    if (group === undefined) return false;
    const { shared } = this.layout;
    for (let at = 0; at < shared.length; at++) if (group[at] !== values[shared[at]!]) return false;
    return true;
  }

  /** The same for the same values, and hardly ever for others. */
  #numberOf(values: readonly SqlValue[]): number {
    let number = 0;
    for (const index of this.layout.shared) {
      const value = values[index]!;
      const own = typeof value === 'string' ? nameNumber(value) : Number(value);
      number = (Math.imul(number, 31) + own) | 0;
    }
    return number;
  }
}

function ownValue(value: SqlValue): OwnValue {
  return typeof value === 'boolean' ? Number(value) : value;
}
