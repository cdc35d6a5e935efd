import { join } from 'node:path';

const packages = {
  'openai-chat': '@ai-sdk/openai-compatible',
  'openai-responses': '@ai-sdk/openai',
  'anthropic-messages': '@ai-sdk/anthropic',
  gemini: '@ai-sdk/google',
};

/**
 * An agent that speaks four wires, each with a client library that it brings along.
 * @param {keyof typeof packages} wire
 */
const opencode = (wire) => ({
  name: 'opencode',
  package: { name: 'opencode-ai', version: '1.18.33' },
  wire,
  needsNewerNode: false,
  ownModel: 'house-model',
  tool: { name: 'write', argumentsOf: ({ file, content }) => ({ filePath: file, content }) },
  program: (folder) => join(folder, 'node_modules', `opencode-${process.platform}-${process.arch}`, 'bin/opencode'),
  settings: ({ url, key, model }) => ({
    env: { LLM_GATEWAY_KEY: key },
    files: { '.config/opencode/opencode.json': JSON.stringify(configuration({ wire, url, model }), undefined, 2) },
  }),
  launch: ({ program, model, prompt }) => ({
    command: program,
    args: ['run', '--format', 'json', '--auto', '-m', `gateway/${model}`, prompt],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    },
  }),
  finalText: ({ stdout }) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'text')
      .at(-1)?.part.text,
});

function configuration({ wire, url, model }) {
  const baseURL = `${url}/${wire === 'gemini' ? 'v1beta' : 'v1'}`;
  const options = { baseURL, apiKey: '{env:LLM_GATEWAY_KEY}' };
  return {
    // Otherwise it asks for models of its own choice, to find a title for the conversation.
    small_model: `gateway/${model}`,
    provider: { gateway: { npm: packages[wire], options, models: { [model]: {} } } },
  };
}

export const opencodes = Object.keys(packages).map((wire) => opencode(wire));
