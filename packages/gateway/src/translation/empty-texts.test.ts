import { describe, expect, it } from 'vitest';
import { cross } from './crossings.fixture.ts';

describe('a text without words that opens a conversation', () => {
  it("stays in a body of Gemini's own that is written anew, and goes to Gemini from no other wire", async () => {
    const contents = [{ role: 'user', parts: [{ text: 'Why?' }] }];
    const own = await cross({
      from: 'gemini',
      to: 'gemini',
      body: { systemInstruction: { parts: [{ text: '' }] }, contents },
    });
    expect(own.sent['systemInstruction']).toEqual({ parts: [{ text: '' }] });
    const messages = [
      { role: 'system', content: '' },
      { role: 'user', content: 'Why?' },
    ];
    const other = await cross({ from: 'openai-chat', to: 'gemini', body: { messages } });
    expect(other.sent['systemInstruction']).toBeUndefined();
  });
});
