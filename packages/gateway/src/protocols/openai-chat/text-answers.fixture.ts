import {
  type AnswerFixture,
  answer,
  counted,
  delta,
  details,
  openai,
  sse,
  usage,
  usageChunk,
} from './chunks.fixture.ts';

/** Answers in words: texts, reasoning, refusals, media. */
export const textAnswers: readonly AnswerFixture[] = [
  {
    name: 'a text of OpenAI, with usage in a chunk of its own',
    stream: sse(
      delta({ role: 'assistant', content: '', refusal: null }),
      delta({ content: 'Grüß' }),
      delta({ content: ' dich 😀\n' }),
      delta({}, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({ content: 'Grüß dich 😀\n', refusal: null, annotations: [] }),
    parts: [{ type: 'text', text: 'Grüß dich 😀\n' }],
    usage: counted,
  },
  {
    name: 'a text of Azure, after filter results, with CRLF, comments and no space after the colon',
    stream:
      ': OPENROUTER PROCESSING\r\n\r\ndata:{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[]}\r\n\r\n' +
      sse(
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'Hi' }),
        delta({}, 'stop'),
        usageChunk,
      ).replaceAll('\n', '\r\n') +
      'data: [DONE]\r\n\r\n',
    unary: answer({ content: 'Hi' }),
    parts: [{ type: 'text', text: 'Hi' }],
    usage: counted,
  },
  {
    name: 'a text that ends without [DONE], its usage beside the finish, as Cerebras has it',
    stream: sse(delta({ role: 'assistant', content: 'Hi' }, ''), { ...delta({}, 'length'), usage }),
    unary: answer({ content: 'Hi' }, 'length'),
    parts: [{ type: 'text', text: 'Hi' }],
    finish: 'length',
    usage: counted,
  },
  {
    name: 'reasoning as DeepSeek and Z.AI have it',
    stream: sse(
      delta({ role: 'assistant', content: null, reasoning_content: 'Let me' }),
      delta({ content: null, reasoning_content: ' see.' }),
      delta({ content: 'Yes.', reasoning_content: null }),
      { ...delta({ content: '' }, 'stop'), usage },
      '[DONE]',
    ),
    unary: answer({ content: 'Yes.', reasoning_content: 'Let me see.' }),
    parts: [
      { type: 'reasoning', text: 'Let me see.' },
      { type: 'text', text: 'Yes.' },
    ],
    usage: counted,
  },
  {
    name: 'reasoning as Groq and Ollama have it, with usage under x_groq',
    stream: sse(
      delta({ role: 'assistant', content: '', channel: 'analysis', reasoning: 'Hm' }),
      delta({ reasoning: '.' }),
      delta({ content: 'Yes' }),
      { ...delta({}, 'stop'), x_groq: { id: 'r', usage } },
      '[DONE]',
    ),
    unary: answer({ content: 'Yes', reasoning: 'Hm.' }),
    parts: [
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Yes' },
    ],
    usage: counted,
  },
  {
    name: 'a summary and what is encrypted of OpenAI over OpenRouter',
    stream: sse(
      delta({ role: 'assistant', content: '', ...details({ type: 'reasoning.summary', summary: 'Sum', ...openai }) }),
      delta(details({ type: 'reasoning.summary', summary: 'mary', ...openai })),
      delta(details({ type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', ...openai })),
      delta({ content: 'Yes' }),
      delta({}, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({
      content: 'Yes',
      ...details(
        { type: 'reasoning.summary', summary: 'Summary', ...openai },
        { type: 'reasoning.encrypted', data: 'gAAA', ...openai },
      ),
    }),
    parts: [
      { type: 'reasoning', text: 'Summary', signature: { origin: 'openai-responses', value: 'gAAA' } },
      { type: 'text', text: 'Yes' },
    ],
    usage: counted,
  },
  {
    name: 'reasoning that is hidden whole, in a format that names no wire of ours',
    stream: sse(
      delta(details({ type: 'reasoning.encrypted', data: 'eA==', id: 'rs_2', format: 'xai-responses-v1', index: 0 })),
      delta({ content: 'Yes' }, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({
      content: 'Yes',
      ...details({ type: 'reasoning.encrypted', data: 'eA==', id: 'rs_2', format: 'xai-responses-v1', index: 0 }),
    }),
    parts: [
      {
        type: 'reasoning',
        id: 'rs_2',
        isRedacted: true,
        text: '',
        signature: { origin: 'openai-chat', value: 'xai-responses-v1|eA==' },
      },
      { type: 'text', text: 'Yes' },
    ],
    usage: counted,
  },
  {
    name: 'a refusal',
    stream: sse(
      delta({ role: 'assistant', content: '', refusal: null }),
      delta({ refusal: "I'm " }),
      delta({ refusal: 'sorry' }),
      delta({}, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({ content: null, refusal: "I'm sorry" }),
    parts: [{ type: 'refusal', text: "I'm sorry" }],
    usage: counted,
  },
  {
    name: 'citations of addresses, images and an answer that is spoken',
    stream: sse(
      delta({ role: 'assistant', content: 'See' }),
      delta({
        content: '',
        annotations: [
          { type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 } },
        ],
      }),
      delta({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' }, index: 0 }] }),
      delta({ audio: { id: 'audio_1', transcript: 'He' } }),
      delta({ audio: { data: 'SUQz' } }),
      delta({ audio: { data: 'BAA=', transcript: 'y' } }),
      delta({}, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({
      content: 'See',
      annotations: [
        { type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 } },
      ],
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }],
      audio: { id: 'audio_1', data: 'SUQzBAA=', transcript: 'Hey', expires_at: 1 },
    }),
    parts: [
      {
        type: 'text',
        text: 'See',
        citations: [
          {
            url: 'https://a.test',
            title: 'A',
            start: 0,
            end: 3,
            origin: 'openai-chat',
            raw: {
              type: 'url_citation',
              url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 },
            },
          },
        ],
      },
      { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBO' } },
      {
        type: 'audio',
        source: { kind: 'data', mediaType: 'audio/mpeg', data: 'SUQzBAA=' },
        transcript: 'Hey',
        id: 'audio_1',
      },
    ],
    usage: counted,
  },
  {
    name: 'sources as Perplexity has them, in every chunk, with a count so far',
    stream: sse(
      ...['Yes', '.'].map((content) => ({
        ...delta({ role: 'assistant', content }),
        citations: ['https://a.test'],
        search_results: [{ url: 'https://a.test', title: 'A', snippet: 'a a' }],
        usage: { ...usage, completion_tokens: 1, total_tokens: 11 },
      })),
      {
        ...delta({ role: 'assistant', content: '' }, 'stop'),
        search_results: [{ url: 'https://a.test', title: 'A', snippet: 'a a' }],
        usage,
      },
      '[DONE]',
    ),
    unary: { ...answer({ content: 'Yes.' }), search_results: [{ url: 'https://a.test', title: 'A', snippet: 'a a' }] },
    parts: [
      {
        type: 'text',
        text: 'Yes.',
        citations: [
          {
            url: 'https://a.test',
            title: 'A',
            quote: 'a a',
            origin: 'openai-chat',
            raw: { url: 'https://a.test', title: 'A', snippet: 'a a' },
          },
        ],
      },
    ],
    usage: counted,
  },
];
