import { expect, it } from 'vitest';
import { neededCapabilities, needsOf } from './request-needs.ts';

const part = (value: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, value] }] });

it.each([
  ['nothing of a plain chat', { messages: [{ role: 'user', content: 'hi' }], tools: [] }, []],
  ['tools', { tools: [{}], messages: [] }, ['tools']],
  ['tools in their own object', { toolConfig: { tools: [{}] } }, ['tools']],
  ['a schema', { response_format: { type: 'json_schema' } }, ['structuredOutput']],
  ['a picture by address', part({ type: 'image_url' }), ['vision']],
  ['a picture in a part of its own name', { messages: [{ content: [{ image: {} }] }] }, ['vision']],
  ['a picture as inline data', { contents: [{ parts: [{ inlineData: { mimeType: 'image/png' } }] }] }, ['vision']],
  ['sound', part({ type: 'input_audio' }), ['audio']],
  ['a document', { input: [{ content: [{ type: 'input_file' }] }] }, ['documents']],
  ['all of it', { ...part({ type: 'image' }), tools: [{}] }, ['vision', 'tools']],
  ['nothing of what it does not understand', { messages: 'hi', contents: [null, 'x', { parts: [1] }] }, []],
] as const)('sees %s', (_name, body, needed) => {
  expect(needsOf(body)).toBe(neededCapabilities(needed));
});
