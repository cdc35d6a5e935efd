import type { z } from 'zod';
import type { AdminRoute } from './admin-route.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { exampleOf } from './schema-example.ts';

/** A parameter of a path or a query. */
export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

interface OpenApiContent {
  readonly 'application/json': { readonly schema: JsonSchema; readonly example?: unknown };
}

/** One method of one path. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: OpenApiContent | undefined }>
  >;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

const errorSchema: JsonSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'], description: 'The field at fault.' },
        code: { type: 'string' },
      },
    },
  },
};

const errorReply = {
  description: 'An error',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** The OpenAPI document of routes, made of the schemas that check what is sent to them. */
export function openApiDocument(routes: readonly AdminRoute[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = describeRoute(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'llm-gateway admin API', version },
    security: [{ adminKey: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'ADMIN_KEY, or a key that may administer.' },
      },
      schemas: { Error: errorSchema },
    },
  };
}

function describeRoute(route: AdminRoute): OpenApiOperation {
  const { allows, body, isBodyOptional, method, path, query, reply, status, summary, tag } = route;
  return {
    operationId: operationId(method, path),
    summary,
    description: whoMayCall(allows),
    tags: [tag],
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))],
    ...(body && {
      requestBody: { required: isBodyOptional !== true, content: contentOf(jsonSchemaOf(body, 'input'), tag, 'sent') },
    }),
    responses: {
      [status]: {
        description: status === 204 ? 'Done' : 'The result',
        ...(reply && { content: contentOf(jsonSchemaOf(reply, 'output'), tag, 'answered') }),
      },
      default: errorReply,
    },
  };
}

function contentOf(schema: JsonSchema, tag: string, io: 'sent' | 'answered'): OpenApiContent {
  return { 'application/json': { schema, example: exampleOf({ schema, tag, io }) } };
}

function whoMayCall(allows: AdminRoute['allows']): string {
  const keys = allows.map((role) => `\`admin: ${role}\``);
  return `For ADMIN_KEY and keys with ${['`admin: full`', ...keys].join(', ').replace(/, ([^,]*)$/, ' or $1')}.`;
}

/** `POST /admin/keys/{id}/rotate` is `post_keys_id_rotate`. */
function operationId(method: string, path: string): string {
  const words = path
    .replaceAll(/[{}]/g, '')
    .split('/')
    .filter((word) => word !== '' && word !== 'admin');
  return [method.toLowerCase(), ...words].join('_').replaceAll(/[^a-z_]/g, '_');
}

function pathParameters(path: string): readonly OpenApiParameter[] {
  return path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : [];
}

function queryParameters(query: z.ZodType): readonly OpenApiParameter[] {
  const { properties = {} } = jsonSchemaOf(query, 'input');
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description !== undefined && { description }),
    schema,
  }));
}
