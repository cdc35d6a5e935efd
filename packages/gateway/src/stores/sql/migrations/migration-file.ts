import { createHash } from 'node:crypto';
import type { SqlDialect } from '../database.ts';
import { SqlError } from '../sql-error.ts';

/** A step from one state of the tables to the next, and back. */
export interface Migration {
  /** The digits its file's name begins with; migrations run in the order of their versions. */
  readonly version: string;
  /** The file's name without its ending, such as `20240101000000_initial_schema`. */
  readonly name: string;
  readonly up: string;
  /** Undefined where there is no way back. */
  readonly down: string | undefined;
  /** SHA-256 of `up`, whatever its line ends. */
  readonly checksum: string;
}

/** `<timestamp>_<name>`, the file's name without `.sql`. */
const namePattern = /^(\d{14})_[a-z0-9_]+$/;
const marker = /^--[ \t]*(up|down)[ \t]*$/gm;

/** A name as `create` and the files have it. */
export function isMigrationName(name: string): boolean {
  return namePattern.test(name);
}

/**
 * Reads a file: what stands below `-- up`, and below `-- down`; without marks, all of it is `up`. `separateDown` is the
 * text of a file `<name>.down.sql` beside it. Throws where the file does not say what it is.
 */
export function readMigration(name: string, text: string, separateDown?: string): Migration {
  const version = namePattern.exec(name)?.[1];
  if (version === undefined) {
    throw new SqlError(
      'invalid',
      `${name}.sql is no name of a migration. Call it <timestamp>_<name>.sql: 14 digits, then small letters, digits and underscores.`,
    );
  }
  const sections = splitSections(name, text.replaceAll('\r\n', '\n'));
  const up = sections.get('up') ?? '';
  if (up.trim() === '') throw new SqlError('invalid', `${name}.sql has nothing below "-- up".`);
  const down = separateDown ?? sections.get('down');
  if (separateDown !== undefined && sections.has('down')) {
    throw new SqlError('invalid', `${name} has a way back twice: below "-- down" and in ${name}.down.sql. Keep one.`);
  }
  const checksum = createHash('sha256').update(up).digest('hex');
  return { version, name, up, down: down?.trim() === '' ? undefined : down, checksum };
}

function splitSections(name: string, text: string): Map<string, string> {
  const marks = [...text.matchAll(marker)];
  if (marks.length === 0) return new Map([['up', text]]);
  const sections = new Map<string, string>();
  marks.forEach((mark, index) => {
    const section = mark[1]!;
    if (sections.has(section)) throw new SqlError('invalid', `${name}.sql has "-- ${section}" twice.`);
    sections.set(section, text.slice(mark.index + mark[0].length, marks[index + 1]?.index).trim());
  });
  return sections;
}

/** What of a section is for `dialect`: parts between `-- if sqlite` or `-- if postgres` and `-- end if` are for one. */
export function sectionFor(dialect: SqlDialect, name: string, section: string): string {
  let only: string | undefined;
  const lines = section.split('\n').filter((line) => {
    const mark = /^--[ \t]*(?:if[ \t]+(\w+)|(end if))[ \t]*$/.exec(line);
    if (mark === null) return only === undefined || only === dialect;
    const [, begun] = mark;
    if (begun !== undefined && begun !== 'sqlite' && begun !== 'postgres') {
      throw new SqlError('invalid', `${name}.sql has a part for "${begun}"; write sqlite or postgres.`);
    }
    if ((begun === undefined) === (only === undefined)) {
      throw new SqlError('invalid', `${name}.sql has "-- if" and "-- end if" that do not match.`);
    }
    only = begun;
    return false;
  });
  if (only !== undefined) throw new SqlError('invalid', `${name}.sql lacks an "-- end if".`);
  return lines.join('\n');
}
