import { testDatabase } from './database.conformance.ts';
import { openDatabase } from './database.ts';
import { testDialects, testSettings } from './test-databases.fixture.ts';

for (const { name, create } of testDialects) {
  testDatabase(`a database of ${name}`, async () => {
    const { location, drop } = await create();
    const database = await openDatabase({ ...testSettings, location });
    return { database, second: await openDatabase({ ...testSettings, location }), drop };
  });
}
