import { programOf } from './install.mjs';

/** Alibaba's agent: speaks OpenAI's chat completions. */
export const qwen = {
  name: 'qwen',
  package: { name: '@qwen-code/qwen-code', version: '0.24.4' },
  wire: 'openai-chat',
  needsNewerNode: true,
  ownModel: 'qwen3-coder-plus',
  tool: { name: 'write_file', argumentsOf: ({ file, content }) => ({ file_path: file, content }) },
  program: (folder) => programOf(folder, '@qwen-code/qwen-code'),
  settings: ({ url, key, model }) => ({
    env: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: key, OPENAI_MODEL: model },
    files: {},
  }),
  launch: ({ program, node, prompt }) => ({
    command: node,
    args: [program, '--auth-type', 'openai', '--yolo', '--output-format', 'json', '-p', prompt],
    files: { '.qwen/settings.json': JSON.stringify(quietSettings) },
  }),
  finalText: ({ stdout }) =>
    JSON.parse(stdout.slice(stdout.indexOf('['))).find(({ type }) => type === 'result')?.result,
};

const quietSettings = {
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false },
};
