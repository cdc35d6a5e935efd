import type { AdminServerInput, ServeAdmin } from './admin-server.ts';

/**
 * The admin API, loaded when it is first asked something: its schemas take a tenth of a start and megabytes to hold, and no
 * other request needs them.
 */
export function createAdminOnDemand(input: AdminServerInput): ServeAdmin {
  let serve: ServeAdmin | undefined;
  return async function serveAdminOnDemand(request, response) {
    serve ??= (await import('./admin-server.ts')).createAdminServer(input);
    await serve(request, response);
  };
}
