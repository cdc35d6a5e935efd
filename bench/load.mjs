/**
 * The load driver, in a process of its own. It takes commands over the channel of `fork` and answers each with a result;
 * several may run at once.
 */
import { runStreamLoad } from './stream-load.mjs';
import { runUnaryLoad } from './unary-load.mjs';

/** @typedef {import('./unary-load.mjs').UnaryCommand | import('./stream-load.mjs').StreamsCommand} LoadCommand */

process.on('disconnect', () => process.exit(0));
process.on('message', async (message) => {
  const { id, command } = /** @type {{ id: number, command: LoadCommand }} */ (message);
  const result = command.kind === 'unary' ? await runUnaryLoad(command) : await runStreamLoad(command);
  process.send?.({ kind: 'result', id, result });
});
process.send?.({ kind: 'ready' });
