import { hash } from 'node:crypto';
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';
import { referenceStyle } from './reference-style.ts';
import { type DescribedField, fieldsOf, kindOf } from './schema-fields.ts';

/** A document of the gateway's own for people, and what its browser may do with it: nothing but show it. */
export interface ReferencePage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** Makes the page that describes an API, whole in itself: without scripts, pictures, fonts and whatever else is elsewhere. */
export function createReferencePage(document: OpenApiDocument): ReferencePage {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    operations: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.info.title)}</title>
<style>${referenceStyle}</style>
</head>
<body>
<nav aria-label="Operations">
${groups.map(navigation).join('\n')}
</nav>
<main>
<h1>${text(document.info.title)}</h1>
<p>Every call has the header <code>Authorization: Bearer $ADMIN_KEY</code>, or that of a key that may administer. Bodies are
JSON. An error has the shape <code>{"error": {"message", "type", "param", "code"}}</code>, where <code>param</code> names the
field at fault. The same as an OpenAPI document: <code>GET /admin/openapi.json</code>, with the key.</p>
${groups.map(section).join('\n')}
</main>
</body>
</html>
`;
  const style = `'sha256-${hash('sha256', referenceStyle, 'base64')}'`;
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src ${style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}

interface PlacedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}

interface Group {
  readonly name: string;
  readonly operations: readonly PlacedOperation[];
}

function navigation({ name, operations }: Group): string {
  const entries = operations.map(
    ({ method, operation, path }) =>
      `<li><a href="#${operation.operationId}"><b class="${method.toLowerCase()}">${method}</b> ${text(path)}</a></li>`,
  );
  return `<h2>${text(name)}</h2>\n<ul>\n${entries.join('\n')}\n</ul>`;
}

function section({ name, operations }: Group): string {
  return `<section>\n<h2 id="tag-${text(name)}">${text(name)}</h2>\n${operations.map(article).join('\n')}\n</section>`;
}

function article({ method, operation, path }: PlacedOperation): string {
  const { description, operationId, parameters, requestBody, responses, summary } = operation;
  const sent = requestBody?.content['application/json'];
  const parts = [
    `<h3><b class="${method.toLowerCase()}">${method}</b> <code>${text(path)}</code></h3>`,
    `<p>${prose(summary)}. ${prose(description)}</p>`,
    `<pre><code>${text(curlOf(method, path, sent?.example))}</code></pre>`,
    table(
      'Parameters',
      parameters.map(({ description: meaning = '', in: place, name, required, schema }) => ({
        name,
        kind: `${kindOf(schema)}, in the ${place}`,
        isRequired: required,
        description: meaning,
      })),
    ),
    sent === undefined
      ? ''
      : table(requestBody?.required ? 'Body' : 'Body, which may be left out', fieldsOf(sent.schema)),
    ...Object.entries(responses).map(([status, { content }]) => answer(status, content?.['application/json'])),
  ];
  return `<article id="${operationId}">\n${parts.filter((part) => part !== '').join('\n')}\n</article>`;
}

type Content = NonNullable<OpenApiOperation['responses'][string]['content']>['application/json'];

function answer(status: string, content: Content | undefined): string {
  // Errors have one shape, which is told once.
  if (status === 'default') return '';
  if (content === undefined) return `<h4>Answer ${status}</h4>\n<p>Without a body.</p>`;
  const example = `<pre><code>${text(JSON.stringify(content.example, undefined, 2))}</code></pre>`;
  const fields = fieldsOf(content.schema);
  const all = fields.length === 0 ? '' : `<details><summary>Fields</summary>\n${rows(fields)}\n</details>\n`;
  return `<h4>Answer ${status}</h4>\n${all}<details><summary>Example</summary>\n${example}\n</details>`;
}

function table(heading: string, fields: readonly DescribedField[]): string {
  return fields.length === 0 ? '' : `<h4>${text(heading)}</h4>\n${rows(fields)}`;
}

function rows(fields: readonly DescribedField[]): string {
  const lines = fields.map(
    ({ description, isRequired, kind, name }) =>
      `<tr><td><code>${text(name)}</code>${isRequired ? '' : ' <i>optional</i>'}</td><td>${text(kind)}</td><td>${prose(description)}</td></tr>`,
  );
  const head = '<thead><tr><th>Name</th><th>Kind</th><th>Meaning</th></tr></thead>';
  return `<div class="table"><table>${head}<tbody>\n${lines.join('\n')}\n</tbody></table></div>`;
}

/** The call as it is pasted into a shell. */
function curlOf(method: string, path: string, body: unknown): string {
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} http://localhost:8080${path.replace('{id}', '<id>')}`,
    '-H "Authorization: Bearer $ADMIN_KEY"',
    ...(body === undefined
      ? []
      : ['-H "Content-Type: application/json"', `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
  ];
  return lines.join(' \\\n  ');
}

/** Text in which what stands between backquotes is code. */
function prose(words: string): string {
  return text(words).replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(words: string): string {
  return words.replaceAll(/[&<>"']/g, (character) => escapes[character]!);
}
