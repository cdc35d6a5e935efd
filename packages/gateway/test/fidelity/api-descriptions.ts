import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { recordingsFolder } from './recorded-exchanges.ts';
import { SchemaReader } from './wires/json-schema.ts';
import { at, textAt } from './wires/wire-value.ts';

// Descriptions of APIs lie beside the recordings, and are no part of this repository either.

const folder = process.env['API_SPECS'] ?? join(recordingsFolder, '../api-specs');

/** Why nothing can be checked; undefined when there are descriptions. */
export const noDescriptions: string | undefined = existsSync(folder) ? undefined : `no descriptions in ${folder}`;

export type CheckRequest = (body: unknown) => string[];

/** How requests of a wire are checked; wires without a description that can be read here have none. */
export function readDescriptions(): Partial<Record<ProtocolName, CheckRequest>> {
  const openai: unknown = JSON.parse(readFileSync(`${folder}/openai.json`, 'utf8'));
  return {
    'openai-chat': checkOf(openai, at(openai, 'components', 'schemas', 'CreateChatCompletionRequest')),
    'openai-responses': checkOf(openai, at(openai, 'components', 'schemas', 'CreateResponse')),
    'anthropic-messages': ofPath('anthropic-tryagi.yaml', '/v1/messages'),
    'cohere-chat': ofPath('cohere.yaml', '/v2/chat'),
    'bedrock-converse': ofShapes('botocore-bedrock.json', 'ConverseRequest'),
  };
}

function checkOf(document: unknown, schema: unknown): CheckRequest {
  const reader = new SchemaReader(document);
  return (body) => reader.violations(schema, body);
}

function ofPath(file: string, path: string): CheckRequest {
  // Only what the path refers to is needed, and these files are long.
  const document: unknown = parse(readFileSync(`${folder}/${file}`, 'utf8'), { maxAliasCount: -1 });
  return checkOf(document, at(document, 'paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'));
}

/** AWS has a language of its own for the same; numbers in path and headers are not part of the body. */
function ofShapes(file: string, name: string): CheckRequest {
  const document: unknown = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
  const shapes = (at(document, 'shapes') ?? {}) as Record<string, unknown>;
  const schemas = Object.fromEntries(Object.entries(shapes).map(([shape, value]) => [shape, schemaOf(value, shapes)]));
  return checkOf({ schemas }, { $ref: `#/schemas/${name}` });
}

function schemaOf(shape: unknown, shapes: Readonly<Record<string, unknown>>): unknown {
  const reference = (member: unknown) => ({ $ref: `#/schemas/${textAt(member, 'shape')}` });
  switch (at(shape, 'type')) {
    case 'structure': {
      // A document is any JSON.
      if (at(shape, 'document') === true) return {};
      const members = Object.entries((at(shape, 'members') ?? {}) as Record<string, unknown>);
      const inBody = members.filter(([, member]) => at(member, 'location') === undefined);
      const names = new Set(inBody.map(([name]) => name));
      const required = ((at(shape, 'required') ?? []) as string[]).filter((name) => names.has(name));
      const properties = Object.fromEntries(inBody.map(([name, member]) => [name, reference(member)]));
      return { type: 'object', required, properties, additionalProperties: false };
    }
    case 'list':
      return { type: 'array', items: reference(at(shape, 'member')) };
    case 'map':
      return { type: 'object' };
    case 'string':
      return { type: 'string', enum: at(shape, 'enum') };
    case 'blob':
      return { type: 'string' };
    case 'integer':
    case 'long':
      return { type: 'integer' };
    case 'float':
    case 'double':
      return { type: 'number' };
    default:
      return shapes === undefined ? {} : {};
  }
}
