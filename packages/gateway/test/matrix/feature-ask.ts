import type { Feature } from '../../src/canonical/features.ts';
import type { Question } from './cell.ts';
import type { Json } from './wire-client.ts';

/** How a client asks for one feature, and what a provider that is asked natively must see of it. */
export interface FeatureAsk {
  readonly question: Omit<Question, 'text'>;
  readonly mark: string;
}

/** Files of each kind, as small as they can be. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const pdf = Buffer.from('%PDF-1.4\n%%EOF').toString('base64');
export const wav = Buffer.from('RIFF\0\0\0\0WAVEfmt ').toString('base64');
export const mp4 = Buffer.from('\0\0\0\x18ftypmp42').toString('base64');

export const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
export const tools = ['first_tool', 'second_tool'].map((name) => ({ name, description: 'It does.', schema }));

/** Where the files of the asks lie; `/picture.png` and so on. */
export interface FilePlace {
  readonly files: string;
}

/** Asks by feature. */
export type Asks = Readonly<Partial<Record<Feature, FeatureAsk>>>;

/** An ask by members of the body. */
export function member(members: Json, mark: string): FeatureAsk {
  return { question: { members }, mark };
}

/** An ask by a part of the message. */
export function part(value: Json, mark: string): FeatureAsk {
  return { question: { parts: [value] }, mark };
}

/** Members of a request that offers two tools. */
export function withTools(members: Json, mark: string): FeatureAsk {
  return { question: { tools, members }, mark };
}

export const sampling = {
  temperature: member({ temperature: 0.3125 }, '0.3125'),
  topP: member({ top_p: 0.8125 }, '0.8125'),
};
