import { testDatabase } from './database.conformance.ts';
import { openDatabase } from './database.ts';
import { testRowGroups } from './row-groups.conformance.ts';
import { testDialects, testSettings } from './test-databases.fixture.ts';

for (const { name, create } of testDialects) {
  const open = async () => {
    const { location, drop } = await create();
    const database = await openDatabase({ ...testSettings, location });
    return { database, second: await openDatabase({ ...testSettings, location }), drop };
  };
  testDatabase(`a database of ${name}`, open);
  testRowGroups(`rows in groups in ${name}`, open);
}
