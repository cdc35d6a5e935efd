import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminRoutes } from '../../src/server/admin/admin-server.ts';
import { openApiDocument } from '../../src/server/admin/openapi-document.ts';
import { createReferencePage } from '../../src/server/admin/reference-page.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

const cases = adminRoutes.map((route) => ({ ...route, name: `${route.method} ${route.path}` }));

describe('the reference of the admin API', () => {
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  let page: Response;
  let html: string;
  let document: { readonly paths: Record<string, Record<string, ReturnType<typeof JSON.parse>>> };
  beforeAll(async () => {
    const place = await testDialects[0]!.create();
    drop = place.drop;
    gateway = await startRecordGateway({ location: place.location });
    page = await fetch(`${gateway.url}/admin/reference`);
    html = await page.text();
    document = (await gateway.admin('GET', '/admin/openapi.json')).body;
  });
  afterAll(async () => {
    await gateway.stop();
    await drop();
  });

  /** The part of the page that is about one route. */
  const articleOf = (method: string, path: string): string => {
    const { operationId } = document.paths[path]![method.toLowerCase()];
    return new RegExp(`<article id="${operationId}">[\\s\\S]*?</article>`).exec(html)?.[0] ?? '';
  };
  const contentOf = (part: { readonly content?: Record<string, { readonly example: unknown }> } | undefined) =>
    part?.content?.['application/json']?.example;

  it('is a page that a browser opens without a key, and that may do nothing but be read', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy')!;
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(html)!;
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash('sha256', style!, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(html).not.toMatch(/<script|<link|<img|<iframe|<form|\sstyle=|\son\w+=|src=|url\(|@import/);
    // What it leads to is within itself.
    for (const [, target] of html.matchAll(/href="([^"]*)"/g)) {
      expect(target).toMatch(/^#/);
      expect(html).toContain(`id="${target!.slice(1)}"`);
    }
  });

  it('says nothing about this gateway', () => {
    expect(html).toBe(createReferencePage(openApiDocument(adminRoutes, 'another version')).html);
  });

  it.each(cases)('describes $name', ({ body, method, path, query, status, summary }) => {
    const article = articleOf(method, path);
    expect(article).toContain(summary.replaceAll("'", '&#39;'));
    expect(article).toContain(`http://localhost:8080${path.replace('{id}', '&lt;id&gt;')}`);
    expect(article).toContain(`Answer ${status}`);
    const operation = document.paths[path]![method.toLowerCase()];
    for (const { name } of operation.parameters) expect(article).toContain(`<code>${name}</code>`);
    if (query !== undefined) expect(operation.parameters.length).toBeGreaterThan(0);
    if (body === undefined) return;
    const fields = Object.keys(operation.requestBody.content['application/json'].schema.properties);
    for (const name of fields) expect(article).toContain(`<code>${name}</code>`);
  });

  it.each(cases)('has examples of $name that it takes and answers', ({ body, method, path, reply, status }) => {
    const operation = document.paths[path]![method.toLowerCase()];
    if (body !== undefined) expect(body.safeParse(contentOf(operation.requestBody))).toMatchObject({ success: true });
    if (reply !== undefined) {
      expect(reply.safeParse(contentOf(operation.responses[status]))).toMatchObject({ success: true });
    }
  });

  it('takes GET and HEAD alone', async () => {
    const head = await fetch(`${gateway.url}/admin/reference`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const posted = await fetch(`${gateway.url}/admin/reference`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is not there without ADMIN_KEY', async () => {
    const place = await testDialects[0]!.create();
    const closed = await startRecordGateway({ location: place.location, env: { ADMIN_KEY: '' } });
    expect((await fetch(`${closed.url}/admin/reference`)).status).toBe(404);
    await closed.stop();
    await place.drop();
  });
});
