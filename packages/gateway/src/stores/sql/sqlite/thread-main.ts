import { parentPort, workerData } from 'node:worker_threads';
import { createSqlLedgerStore } from '../ledger-store.ts';
import { DirectDatabase } from './direct-database.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { ThreadCarriers } from './thread-carriers.ts';
import { faultReply } from './thread-kit.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './thread-messages.ts';

/*
 * The program of a thread of SQLite: it opens the file and answers requests. Its owner sends the next one when this one is
 * answered, and lets nothing between the requests of a transaction.
 */
const settings = workerData as ThreadSettings;
const port = parentPort!;

let connection: SqliteConnection | undefined;
let carriers: ThreadCarriers | undefined;

function open(): SqliteConnection {
  connection ??= new SqliteConnection(settings);
  return connection;
}

async function answer(request: ThreadRequest): Promise<ThreadReply> {
  const opened = open();
  const { id } = request;
  switch (request.do) {
    case 'script':
      opened.script(request.sql);
      return { id, changes: 0 };
    case 'insert':
      return { id, changes: opened.insertRows(request.sql, request.rows) };
    case 'groups':
      return { id, changes: opened.insertGroups(request) };
    case 'run':
      return { id, changes: opened.run(request.sql, request.parameters) };
    case 'all':
      return { id, ...opened.all(request.sql, request.parameters) };
    case 'carry':
      carriers ??= new ThreadCarriers(createSqlLedgerStore(new DirectDatabase(opened, settings.file)));
      return { id, carried: await carriers.carry(request) };
    case 'close':
      opened.close();
      return { id, changes: 0 };
  }
}

port.on('message', async (request: ThreadRequest) => {
  port.postMessage(await answer(request).catch((error: unknown) => faultReply(error, request.id)));
});

try {
  open();
} catch {
  // It is tried again for the first request, which is told why it cannot be.
}
