import { z } from 'zod';
import type { AdminRoute } from './admin-route.ts';

type Json = Readonly<Record<string, unknown>>;

const errorReply = {
  description: 'An error',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** The OpenAPI document of routes, made of the schemas that check what is sent to them. */
export function openApiDocument(routes: readonly AdminRoute[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = describeRoute(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'llm-gateway admin API', version },
    security: [{ adminKey: [] }],
    paths,
    components: {
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'ADMIN_KEY, or a key that may administer.' },
      },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema = {
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

function describeRoute({ body, isBodyOptional, method, path, query, reply, status, summary, tag }: AdminRoute): Json {
  const schema = reply && schemaOf(reply, 'output');
  const success = {
    description: status === 204 ? 'Done' : 'The result',
    ...(schema && { content: { 'application/json': { schema } } }),
  };
  return {
    operationId: operationId(method, path),
    summary,
    tags: [tag],
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))],
    ...(body && {
      requestBody: {
        required: isBodyOptional !== true,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: { [status]: success, default: errorReply },
  };
}

/** `POST /admin/keys/{id}/rotate` is `post_keys_id_rotate`. */
function operationId(method: string, path: string): string {
  const words = path
    .replaceAll(/[{}]/g, '')
    .split('/')
    .filter((word) => word !== '' && word !== 'admin');
  return [method.toLowerCase(), ...words].join('_').replaceAll(/[^a-z_]/g, '_');
}

function pathParameters(path: string): readonly Json[] {
  return path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : [];
}

function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties = {} } = schemaOf(query, 'input') as { readonly properties?: Readonly<Record<string, Json>> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return described;
}
