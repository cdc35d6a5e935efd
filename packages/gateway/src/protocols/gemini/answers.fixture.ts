/** Answers as Google's documents show them, whole and in pieces. */

const usage = {
  promptTokenCount: 40,
  candidatesTokenCount: 25,
  totalTokenCount: 75,
  cachedContentTokenCount: 32,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: 40 }],
  thoughtsTokenCount: 10,
};

const tail = { modelVersion: 'gemini-3-pro-preview', responseId: 'Made-Up_0123456789abcd' };

/** Thoughts, an answer that is not ASCII, two calls at once of which the first is signed. */
export const wholeAnswer = `{"candidates":[{"content":{"parts":[
  {"text":"**Weighing it**\\n\\nTwo cities, so two calls.","thought":true},
  {"text":"Grüße aus 東京 🗼 – I will look.","thoughtSignature":"EhQKEgFy+a/b=="},
  {"functionCall":{"name":"weather","args":{"city":"Tōkyō","id":12345678901234567890,"factor":1.0}},"thoughtSignature":"EjQKMgFy/+9=="},
  {"functionCall":{"id":"8f3qk2","name":"weather","args":{"city":"Zürich"}}}
],"role":"model"},"finishReason":"STOP","index":0,"finishMessage":"Model generated function call(s)."}],
"usageMetadata":${JSON.stringify(usage)},"modelVersion":"${tail.modelVersion}","responseId":"${tail.responseId}"}`;

/** The same answer, streamed. */
export const streamedAnswer = Buffer.from(
  [
    chunk([{ text: '**Weighing it**\n\n', thought: true }]),
    chunk([{ text: 'Two cities, so two calls.', thought: true }]),
    chunk([{ text: 'Grüße aus 東' }]),
    chunk([{ text: '京 🗼 –' }]),
    chunk([{ text: ' I will look.' }]),
    chunk([{ text: '', thoughtSignature: 'EhQKEgFy+a/b==' }]),
    `data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"city":"Tōkyō","id":12345678901234567890,"factor":1.0}},"thoughtSignature":"EjQKMgFy/+9=="}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":40,"totalTokenCount":40},"modelVersion":"${tail.modelVersion}","responseId":"${tail.responseId}"}\r\n\r\n`,
    chunk([{ functionCall: { id: '8f3qk2', name: 'weather', args: { city: 'Zürich' } } }]),
    event({
      candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
      usageMetadata: usage,
      ...tail,
    }),
  ].join(''),
);

/** A search's answer with its sources; places are in bytes, and only the last chunk has them. */
export const groundedStream = Buffer.from(
  [
    event({
      candidates: [{ content: { parts: [{ text: 'Größe: ' }], role: 'model' }, index: 0, groundingMetadata: {} }],
      ...tail,
    }),
    event({
      candidates: [
        {
          content: { parts: [{ text: '42 m 🗼. Done.' }], role: 'model' },
          finishReason: 'STOP',
          index: 0,
          groundingMetadata: {
            searchEntryPoint: { renderedContent: '<div></div>' },
            groundingChunks: [
              { web: { uri: 'https://example.com/a', title: 'example.com' } },
              { web: { uri: 'https://example.org/b', title: 'example.org' } },
            ],
            groundingSupports: [
              { segment: { endIndex: 19, text: 'Größe: 42 m 🗼.' }, groundingChunkIndices: [0, 1] },
              { segment: { startIndex: 20, endIndex: 25, text: 'Done.' }, groundingChunkIndices: [1] },
            ],
            webSearchQueries: ['height'],
          },
        },
      ],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 12, totalTokenCount: 30, toolUsePromptTokenCount: 9 },
      ...tail,
    }),
  ].join(''),
);

/** The prompt was refused: there is no candidate. */
export const blockedStream = Buffer.from(
  event({
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
    ...tail,
  }),
);

/** It fails after it has begun. */
export const failedStream = Buffer.from(
  [
    chunk([{ text: 'One moment' }]),
    event({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
  ].join(''),
);

function chunk(parts: readonly object[]): string {
  const usageMetadata = { promptTokenCount: 40, totalTokenCount: 40 };
  return event({ candidates: [{ content: { parts, role: 'model' }, index: 0 }], usageMetadata, ...tail });
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`;
}
