import { asBigInt, asNumber, type SqlCell, type SqlValue } from './database.ts';

/** How a property is kept in a column. */
export interface Column<Value> {
  readonly name: string;
  readonly encode: (value: Value) => SqlValue;
  /** Throws where the column holds what nobody could have written; a damaged record is not guessed at. */
  readonly decode: (cell: SqlCell) => Value;
}

/** A column for every property. */
export type Columns<Item> = { readonly [Name in keyof Item]-?: Column<Item[Name]> };

export const textColumn = <Text extends string = string>(name: string): Column<Text> => ({
  name,
  encode: (value) => value,
  decode: (cell) => textOf(cell, name) as Text,
});

export const numberColumn = (name: string): Column<number> => ({
  name,
  encode: (value) => value,
  decode: (cell) => asNumber(integerOf(cell, name)),
});

export const bigintColumn = (name: string): Column<bigint> => ({
  name,
  encode: (value) => value,
  decode: (cell) => asBigInt(integerOf(cell, name)),
});

export const flagColumn = (name: string): Column<boolean> => ({
  name,
  encode: (value) => value,
  decode: (cell) => cell === 1,
});

/** JSON text. Its shape is checked by who writes it, not by who reads it. */
export const jsonColumn = <Value>(name: string): Column<Value> => ({
  name,
  encode: (value) => JSON.stringify(value),
  decode: (cell) => JSON.parse(textOf(cell, name)) as Value,
});

/** A column that may be empty, which is null. */
export const nullable = <Value>(column: Column<Value>): Column<Value | null> => ({
  name: column.name,
  encode: (value) => (value === null ? null : column.encode(value)),
  decode: (cell) => (cell === null ? null : column.decode(cell)),
});

/** The item that a row holds. */
export function decodeRow<Item>(columns: Columns<Item>, row: Readonly<Record<string, SqlCell>>): Item {
  const item: Partial<Record<keyof Item, unknown>> = {};
  for (const property of propertiesOf(columns)) {
    const column = columns[property];
    item[property] = column.decode(row[column.name] ?? null);
  }
  // Every property has a column, and every column has just been read.
  return item as Item;
}

export function propertiesOf<Item>(columns: Columns<Item>): readonly (keyof Item)[] {
  return Object.keys(columns) as (keyof Item)[];
}

function textOf(cell: SqlCell, name: string): string {
  if (typeof cell !== 'string') throw new TypeError(`The database holds no text in column ${name}.`);
  return cell;
}

function integerOf(cell: SqlCell, name: string): number | bigint {
  if (typeof cell !== 'number' && typeof cell !== 'bigint') {
    throw new TypeError(`The database holds no number in column ${name}.`);
  }
  return cell;
}
