import { describe, expect, it } from 'vitest';
import { checkMessageLimits } from './message-limits.ts';
import { caught } from './request-view.fixture.ts';

const limits = { maxMessages: 3, maxMessageLength: 10 };
const short = { role: 'user', content: 'hi' };

describe('limits on messages', () => {
  it.each([
    { messages: [short, short, short] },
    { messages: [{ role: 'user', content: '💡'.repeat(10) }] },
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x'.repeat(100) } }] }] },
    { contents: [{ parts: [{ text: '1234567890' }] }] },
    { input: 'a text that is no list of messages' },
    { messages: [null, 'x'.repeat(100)] },
  ])('let %j pass', (body) => {
    expect(() => checkMessageLimits(body, limits)).not.toThrow();
  });

  it.each([
    [{ messages: Array(4).fill(short) }, 'messages'],
    [{ contents: Array(4).fill({}) }, 'contents'],
    [{ input: Array(4).fill({}) }, 'input'],
    [{ messages: [short, short, { role: 'user', content: 'x'.repeat(11) }] }, 'messages[2].content'],
    [{ messages: [{ role: 'user', content: 'x'.repeat(1000) }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: `${'💡'.repeat(10)}!` }] }, 'messages[0].content'],
    [{ messages: [{ content: [{ text: '123456' }, { text: '78901' }] }] }, 'messages[0].content'],
    [
      { messages: [{ content: [{ type: 'tool_result', content: [{ text: 'x'.repeat(11) }] }] }] },
      'messages[0].content',
    ],
    [{ contents: [{ parts: [{ text: '123456' }, { text: '78901' }] }] }, 'contents[0].parts'],
    [{ input: [{ content: 'x'.repeat(11) }] }, 'input[0].content'],
  ])('refuse %j for %s', (body, param) => {
    expect(caught(() => checkMessageLimits(body, limits))).toMatchObject({
      kind: 'invalid_request',
      status: 400,
      param,
    });
  });

  it('do not quote the text', () => {
    const body = { messages: [{ role: 'user', content: 'a secret that is too long' }] };
    expect(caught(() => checkMessageLimits(body, limits)).message).not.toContain('secret');
  });
});
