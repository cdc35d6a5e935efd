import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/canonical/exchange.ts';
import { errorKinds } from '../../src/canonical/gateway-error.ts';
import { clientPaths } from '../../src/protocols/match-client-path.ts';
import { failureTraits } from '../../src/resilience/failure-table.ts';
import { strategies } from '../../src/routing/strategies/registry.gen.ts';
import { matchRoute } from '../../src/server/routes.ts';
import { exchangeFields } from '../../src/telemetry/access-line.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { readFiles, root } from '../source-tree.ts';
import { page, pages, tableRows, withoutCode } from './pages.ts';

const product = readFiles('packages/gateway/src', /\.ts$/).filter(
  ({ path }) => !/\.(test|fixture|bench)\.ts$/.test(path),
);

describe('what is generated', () => {
  it('is up to date', async () => {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/generate.mjs'), '--check'], { cwd: root });
  });
});

describe('docs/errors.md', () => {
  it('lists every error of the code, and no other', () => {
    const rows = tableRows(page('docs/errors.md'), ['Status', 'Code', 'Type', 'When']);
    const expected = Object.values(errorKinds).map(({ status, code, type }) => [String(status), code, type]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual(expected);
    for (const [, code, , meaning] of rows)
      expect({ code, meaning }).toEqual({ code, meaning: expect.stringMatching(/\.$/) });
  });

  it('lists every failure of the code, and no other', () => {
    const rows = tableRows(page('docs/errors.md'), ['Failure', 'Meaning']);
    expect(rows.map(([kind]) => kind)).toEqual(Object.keys(failureTraits));
  });

  it('lists no error that is never sent', () => {
    const unused = Object.keys(errorKinds).filter((kind) => {
      const users = product.filter(
        ({ path, text }) => !path.endsWith('/gateway-error.ts') && text.includes(`'${kind}'`),
      );
      return users.length === 0;
    });
    expect(unused).toEqual([]);
  });
});

describe('docs/observability.md', () => {
  it('lists every metric of the code, and no other', async () => {
    const rows = tableRows(page('docs/observability.md'), ['Metric', 'Type', 'Labels', 'Meaning']);
    const metrics = await createMetrics({ defaultMetrics: false }).snapshotJson();
    const documented = rows.map(([name, type, , meaning]) => ({ name, type, help: meaning }));
    expect(documented).toEqual(metrics.map(({ name, type, help }) => ({ name, type, help })));
  });

  it('lists the labels that are used', async () => {
    const metrics = createMetrics({ defaultMetrics: false });
    metrics.observe(entry);
    metrics.observe({ ...entry, shadowOf: 'req-1' });
    metrics.observe({ ...entry, isShared: true, recovered: 'restart' });
    metrics.retry('one');
    metrics.hedge('one');
    metrics.hedgedCost('one', 1);
    metrics.rateLimited('rule');
    metrics.budgets.refused('one');
    metrics.budgets.alert('one');
    metrics.budgets.set([{ id: 'one', capNanos: 1, spentNanos: 1, reservedNanos: 1 }]);
    metrics.setTargetState('one', 1);
    metrics.redisCall('ok', 1);
    const rows = tableRows(page('docs/observability.md'), ['Metric', 'Type', 'Labels', 'Meaning']);
    for (const { name, values } of await metrics.snapshotJson()) {
      const labels = new Set(values.flatMap((sample) => Object.keys(sample.labels)));
      labels.delete('le');
      const documented = rows
        .find(([metric]) => metric === name)?.[2]
        ?.split(', ')
        .filter((label) => label !== '');
      expect({ name, labels: [...labels].sort() }).toEqual({ name, labels: [...(documented ?? [])].sort() });
    }
  });

  it('lists every field of the line of a request, and no other', () => {
    const rows = tableRows(page('docs/observability.md'), ['Field', 'Meaning']);
    expect(rows.map(([field]) => field)).toEqual(Object.keys(exchangeFields(entry)));
  });

  it('lists the headers that are sent', () => {
    const rows = tableRows(page('docs/observability.md'), ['Header', 'Meaning']);
    const sent = tableRows(page('docs/budgets.md'), ['Header of the message', 'Meaning']);
    const names = [...rows, ...sent].flatMap(([cell = '']) => cell.split(', ')).filter((name) => !name.endsWith('…'));
    const text = product.map((file) => file.text.toLowerCase()).join('\n');
    for (const name of names) expect(text).toContain(name);
    const own = new Set(text.match(/'x-gateway-[a-z-]*[a-z]'/g)?.map((name) => name.slice(1, -1)));
    expect([...own].filter((name) => !names.includes(name))).toEqual([]);
  });
});

const attempt = {
  targetId: 't',
  provider: 'one',
  upstreamModel: 'm',
  outcome: 'transient',
  status: 500,
  durationMs: 1,
  usage: { input: 1, output: 1 },
  isEstimated: true,
};
const entry: LedgerEntry = {
  id: 'req-1',
  operation: 'chat',
  stream: true,
  principal: 'anonymous',
  requestedModel: 'm',
  modelLabel: 'any',
  targetModel: 'm',
  responseModel: 'm',
  provider: 'one',
  targetId: 't',
  status: 502,
  outcome: 'failed',
  failure: 'transient',
  attempts: [attempt, attempt],
  usage: { input: 1, output: 1 },
  durationMs: 1,
  firstByteMs: 1,
  queuedMs: 0,
  overheadMs: 0,
};

describe('docs/endpoints.md', () => {
  const endpoints = page('docs/endpoints.md');
  const concrete = (path: string) => path.replace('{model}', 'some-model').replace('{tail}', 'some/tail');
  const inference = tableRows(endpoints, ['Method', 'Path', 'Operation']);
  const own = [...endpoints.text.matchAll(/^\| `GET` \| `([^`]+)` \|/gm)].map(([, path = '']) => path);

  it('lists paths that lead where it says', () => {
    for (const [method = '', path = '', what = ''] of inference) {
      const match = matchRoute(method === 'any' ? 'PUT' : method, concrete(path));
      const operation = what === 'forwarding' ? 'proxy' : what.split(',')[0];
      expect({ path, match }).toMatchObject({ path, match: { kind: 'inference', operation } });
    }
    for (const path of own)
      expect({ path, match: matchRoute('GET', concrete(path)) }).toMatchObject({ path, match: { kind: 'page' } });
  });

  it('lists every path of the code', () => {
    const routes = readFileSync(join(root, 'packages/gateway/src/server/routes.ts'), 'utf8');
    const pages = [...routes.matchAll(/^ {2}'(\/[^']*)': '/gm)].map(([, path]) => path);
    const asked = Object.values(clientPaths).flatMap((list) => list.map(({ pattern }) => pattern));
    // The other prefixes under which Google's libraries ask are described in words.
    const paths = [...pages, ...asked].filter((path) => !/^\/v1(beta1)?\/.*models\/\{model\}:/.test(path!));
    expect(paths.length).toBeGreaterThan(40);
    const documented = [...inference.map(([, path]) => path), ...own];
    expect(paths.filter((path) => !documented.includes(path))).toEqual([]);
  });
});

describe('docs/routing.md', () => {
  it('lists every strategy of the code, and no other', () => {
    const rows = tableRows(page('docs/routing.md'), ['Strategy', 'Other name']);
    const documented = rows.map(([name, alias = '']) => ({ name, aliases: alias === '' ? [] : [alias] }));
    const byName = (left: { name?: string | undefined }, right: { name?: string | undefined }) =>
      String(left.name).localeCompare(String(right.name));
    expect(documented.sort(byName)).toEqual(strategies.map(({ name, aliases }) => ({ name, aliases })).sort(byName));
  });
});

describe('pages for those who change something', () => {
  it('name files that exist', () => {
    for (const { path, text } of [page('ARCHITECTURE.md'), page('CONTRIBUTING.md')]) {
      const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:ts|mjs|md))`/g)].map(([, name = '']) => name);
      const bases = [
        '',
        'packages/gateway/',
        'packages/gateway/src/',
        'packages/gateway/src/config/',
        'packages/gateway/src/providers/',
      ];
      const missing = named.filter((name) => !bases.some((base) => existsSync(join(root, base, name))));
      expect({ path, missing }).toEqual({ path, missing: [] });
    }
  });

  it('stay short', () => {
    expect(page('ARCHITECTURE.md').text.split('\n').length).toBeLessThanOrEqual(150);
    const checklists = page('CONTRIBUTING.md')
      .text.split(/^## /m)
      .filter((section) => section.startsWith('Adding a'));
    expect(checklists).toHaveLength(4);
    for (const checklist of checklists) expect(checklist.match(/^\d+\. /gm)!.length).toBeLessThanOrEqual(10);
  });

  it('list every folder of the sources', () => {
    const folders = new Set(product.map(({ path }) => path.split('/')[3]!).filter((name) => !name.includes('.')));
    const map = page('ARCHITECTURE.md').text;
    expect([...folders].filter((name) => !map.includes(`  ${name}/`))).toEqual([]);
  });

  it('tell of each decision its context, the decision and its alternatives', () => {
    const decisions = pages.filter(({ path }) => path.startsWith('docs/adr/'));
    decisions.forEach((decision, index) => {
      const text = withoutCode(decision);
      const number = String(index + 1).padStart(4, '0');
      expect(decision.path).toMatch(new RegExp(`^docs/adr/${number}-[a-z0-9-]+\\.md$`));
      expect(text).toMatch(new RegExp(`^# ${index + 1}\\. `));
      expect(text).toMatch(/^Status: (proposed|accepted|superseded by .+)$/m);
      expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
        'Context',
        'Decision',
        'Alternatives',
      ]);
    });
    expect(decisions.length).toBeGreaterThan(0);
  });
});
