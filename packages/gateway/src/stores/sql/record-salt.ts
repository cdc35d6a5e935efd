import type { Database } from './database.ts';
import { asStore } from './store-error.ts';

const SALT_BYTES = 16;
const NAME = 'secrets_salt';

/**
 * The salt of this record, in hex: made by whoever asks first, the same for everybody afterwards. It is no secret; it
 * keeps keys that are derived from passphrases apart from those of other records.
 */
export async function recordSalt(database: Database, randomBytes: (size: number) => Uint8Array): Promise<string> {
  const fresh = Buffer.from(randomBytes(SALT_BYTES)).toString('hex');
  return asStore(async () => {
    const rows = [[NAME, fresh]];
    await database.insertMany({ table: 'record_facts', columns: ['name', 'value'], rows, onConflict: 'ignore' });
    const kept = await database.all<{ readonly value: string }>('SELECT value FROM record_facts WHERE name = ?', [
      NAME,
    ]);
    return kept[0]!.value;
  });
}
