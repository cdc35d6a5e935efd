/**
 * `node bench/ledger/run.mjs [--rows N] [--days N] [--file PATH]`: what the record of exchanges costs: CPU time of a
 * request's part in it, of a row's way into an embedded database, and the time of reports over so many rows. With a
 * file, rows that are in it already are not written again; without one, they are written to a temporary one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadBundle } from '../load-bundle.mjs';
import { repository } from '../repository.mjs';

const migrations = join(repository, 'packages/gateway/migrations');

/** @typedef {typeof import('../../packages/gateway/src/ledger/ledger.bench.ts')} LedgerBench */

/** @param {readonly import('../../packages/gateway/src/ledger/ledger.bench.ts').Figure[]} figures */
function print(figures) {
  for (const { name, value, unit } of figures) {
    console.log(`  ${name.padEnd(52)} ${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit}`);
  }
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '30' },
    file: { type: 'string' },
  },
});
/** @type {LedgerBench} */
const { measureReports, measureWriting } = await loadBundle('packages/gateway/src/ledger/ledger.bench.ts');
console.log('Writing, CPU time');
print(await measureWriting(migrations));
const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
const file = values.file ?? join(folder, 'record.db');
console.log(`\nReports over ${values.rows} rows of ${values.days} days`);
print(
  await measureReports({
    file,
    migrations,
    rows: Number(values.rows),
    days: Number(values.days),
    say: (text) => console.log(`  ${text}`),
  }),
);
rmSync(folder, { recursive: true, force: true });
