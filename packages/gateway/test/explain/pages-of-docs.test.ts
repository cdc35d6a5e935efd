import { expect, it } from 'vitest';
import { reasonCodes } from '../../src/explain/reason.ts';
import { managementPaths } from '../../src/server/management-routes.ts';
import { page, tableRows } from '../docs/pages.ts';

it('docs/routing.md explains every reason, in the order of the code', () => {
  const rows = tableRows(page('docs/routing.md'), ['Reason', 'Meaning']);
  expect(rows.map(([code]) => code)).toEqual([...reasonCodes]);
});

it('docs/endpoints.md lists every management page, and no other', () => {
  const rows = tableRows(page('docs/endpoints.md'), ['Path', 'Method', 'Answer']);
  const documented = rows.map(([path, method]) => [path, method]);
  expect(documented.sort()).toEqual([...managementPaths].map((entry) => [...entry]).sort());
});
