import { describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { fitRequest } from './fit-request.ts';
import { readConversation } from './translation.ts';

function read(wire: ProtocolName, body: object) {
  const facts = findProtocol(wire).client.readFacts({ ...body });
  return readConversation(wire, Buffer.from(JSON.stringify(body)), facts);
}

/** What a request becomes on its way to each other wire. */
function fits(wire: ProtocolName, body: object) {
  const request = read(wire, body);
  const others = protocolNames.filter((name) => name !== wire);
  return others.map((name) => () => fitRequest(request, findProtocol(wire), findProtocol(name)));
}

const contents = [{ role: 'user', parts: [{ text: 'Why?' }] }];
const messages = [{ role: 'user', content: [{ text: 'Why?' }] }];
const choices = { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a', 'b'] } };

describe('what is asked that lies with the provider of the caller', () => {
  it.each([
    ['openai-responses', { input: 'Why?', conversation: 'conv_1' }, 'conversation'],
    ['openai-responses', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['gemini', { contents, cachedContent: 'cachedContents/1' }, 'cachedContent'],
    ['gemini', { contents, cached_content: 'cachedContents/1' }, 'cached_content'],
    ['gemini', { contents, generationConfig: choices }, 'generationConfig.responseMimeType'],
    ['bedrock-converse', { messages, guardrailConfig: { guardrailIdentifier: 'g' } }, 'guardrailConfig'],
    ['bedrock-converse', { messages, promptVariables: { city: { text: 'Oslo' } } }, 'promptVariables'],
  ] as const)('is refused on every other wire: %s %j', (wire, body, param) => {
    for (const fit of fits(wire, body))
      expect(fit).toThrow(expect.objectContaining({ kind: 'invalid_request', param }));
  });

  it.each([
    ['bedrock-converse', { messages, guardrailConfig: {}, promptVariables: {} }],
    ['gemini', { contents, cachedContent: '' }],
    ['openai-chat', { messages: [{ role: 'user', content: 'Why?' }], logit_bias: {} }],
  ] as const)('is nothing where nothing is said: %s %j', (wire, body) => {
    for (const fit of fits(wire, body)) expect(fit).not.toThrow();
  });

  it('goes on to its own', () => {
    const request = read('gemini', { contents, generationConfig: choices, cachedContent: 'cachedContents/1' });
    const { dropped } = fitRequest(request, findProtocol('gemini'), findProtocol('gemini'));
    expect(dropped).toEqual([]);
  });
});
