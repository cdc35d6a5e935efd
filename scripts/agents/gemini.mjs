import { programOf } from './install.mjs';

/** Google's agent: speaks Gemini's wire. */
export const gemini = {
  name: 'gemini',
  package: { name: '@google/gemini-cli', version: '0.61.0' },
  wire: 'gemini',
  needsNewerNode: true,
  ownModel: 'gemini-2.5-flash',
  tool: { name: 'write_file', argumentsOf: ({ file, content }) => ({ file_path: file, content }) },
  program: (folder) => programOf(folder, '@google/gemini-cli'),
  settings: ({ url, key }) => ({
    env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: key },
    files: { '.gemini/settings.json': JSON.stringify(settings, undefined, 2) },
  }),
  launch: ({ program, node, model, prompt }) => ({
    command: node,
    args: [program, '-m', model, '-p', prompt, '--output-format', 'json', '--approval-mode', 'yolo'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    files: { '.gemini/settings.json': JSON.stringify({ ...settings, ...quietSettings }) },
  }),
  finalText: ({ stdout }) => JSON.parse(stdout.slice(stdout.indexOf('{'))).response,
};

const settings = { security: { auth: { selectedType: 'gemini-api-key' } } };
const quietSettings = {
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
};
