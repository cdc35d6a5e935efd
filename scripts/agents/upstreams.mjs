/**
 * How an upstream of a wire is configured and how its requests bring results of tools. Reads the wires by itself: what
 * the gateway makes of a conversation is what is tried.
 * @typedef {object} Upstream
 * @property {string} kind provider of the configuration
 * @property {RegExp} path of its requests for an answer
 * @property {(body: Record<string, any>) => readonly unknown[]} results contents of the results of tools
 */

/** @type {(value: unknown) => readonly any[]} */
const list = (value) => (Array.isArray(value) ? value : []);

/** @type {Readonly<Record<string, Upstream>>} */
export const upstreams = {
  'openai-chat': {
    kind: 'openai',
    path: /\/chat\/completions$/,
    results: ({ messages }) =>
      list(messages)
        .filter(({ role }) => role === 'tool')
        .map(({ content }) => content),
  },
  'openai-responses': {
    kind: 'openai',
    path: /\/responses$/,
    results: ({ input }) =>
      list(input)
        .filter(({ type }) => type === 'function_call_output' || type === 'custom_tool_call_output')
        .map(({ output }) => output),
  },
  'anthropic-messages': {
    kind: 'anthropic',
    path: /\/messages$/,
    results: ({ messages }) =>
      list(messages)
        .filter(({ role }) => role === 'user')
        .flatMap(({ content }) => list(content))
        .filter(({ type }) => type === 'tool_result')
        .map(({ content }) => content),
  },
  gemini: {
    kind: 'gemini',
    path: /:(streamGenerateContent|generateContent)$/,
    results: ({ contents }) =>
      list(contents)
        .flatMap(({ parts }) => list(parts))
        .filter(({ functionResponse }) => functionResponse !== undefined)
        .map(({ functionResponse }) => functionResponse.response),
  },
  'bedrock-converse': {
    kind: 'bedrock',
    path: /\/converse(-stream)?$/,
    results: ({ messages }) =>
      list(messages)
        .flatMap(({ content }) => list(content))
        .filter(({ toolResult }) => toolResult !== undefined)
        .map(({ toolResult }) => toolResult.content),
  },
};
