import { describe, expect, test } from 'vitest';
import { readMigration, sectionFor } from './migration-file.ts';

const name = '20250101120000_add_things';

describe('a migration file', () => {
  test('has a way and a way back', () => {
    const text =
      '-- What it does.\n\n-- up\nCREATE TABLE a (id TEXT);\n-- a remark about up and down\n\n--  down \nDROP TABLE a;\n';
    expect(readMigration(name, text)).toMatchObject({
      version: '20250101120000',
      name,
      up: 'CREATE TABLE a (id TEXT);\n-- a remark about up and down',
      down: 'DROP TABLE a;',
    });
  });

  test('without marks is all way, and has no way back', () => {
    expect(readMigration(name, 'SELECT 1;')).toMatchObject({ up: 'SELECT 1;', down: undefined });
    expect(readMigration(name, '-- up\nSELECT 1;\n-- down\n')).toMatchObject({ down: undefined });
  });

  test('may have its way back in a file of its own', () => {
    expect(readMigration(name, 'SELECT 1;', 'SELECT 2;')).toMatchObject({ down: 'SELECT 2;' });
    expect(() => readMigration(name, '-- up\nSELECT 1;\n-- down\nSELECT 2;', 'SELECT 3;')).toThrow('twice');
  });

  test('has a checksum of what it does, whatever its line ends and its way back', () => {
    const text = '-- up\nSELECT 1;\nSELECT 2;\n-- down\nSELECT 3;';
    const { checksum } = readMigration(name, text);
    expect(readMigration(name, text.replaceAll('\n', '\r\n')).checksum).toBe(checksum);
    expect(readMigration(name, text.replace('SELECT 3', 'SELECT 4')).checksum).toBe(checksum);
    expect(readMigration(name, text.replace('SELECT 2', 'SELECT 4')).checksum).not.toBe(checksum);
  });

  test.each([
    ['add_things', 'SELECT 1', 'no name of a migration'],
    ['2025_add_things', 'SELECT 1', 'no name of a migration'],
    [name, '-- up\n\n-- down\nSELECT 1;', 'nothing below'],
    [name, '-- up\nSELECT 1;\n-- up\nSELECT 2;', 'twice'],
  ])('%s: %j is refused', (file, text, said) => {
    expect(() => readMigration(file, text)).toThrow(said);
  });
});

describe('a part for one kind of database', () => {
  const section = 'a\n-- if sqlite\nb\n-- end if\nc\n-- if postgres\nd\n-- end if\ne';

  test('is left out for the other', () => {
    expect(sectionFor('sqlite', name, section)).toBe('a\nb\nc\ne');
    expect(sectionFor('postgres', name, section)).toBe('a\nc\nd\ne');
  });

  test.each([
    ['-- if mysql\na\n-- end if', 'write sqlite or postgres'],
    ['-- if sqlite\na', 'lacks an'],
    ['a\n-- end if', 'do not match'],
    ['-- if sqlite\n-- if postgres\n-- end if', 'do not match'],
  ])('%j is refused', (text, said) => {
    expect(() => sectionFor('sqlite', name, text)).toThrow(said);
  });
});
