import { join } from 'node:path';

/** Anthropic's agent: speaks its messages. A native program; npm brings the one of the platform. */
export const claude = {
  name: 'claude',
  package: { name: '@anthropic-ai/claude-code', version: '2.1.328' },
  wire: 'anthropic-messages',
  needsNewerNode: false,
  /** A model that it knows: it asks otherwise than for one that it has never heard of, as most names of a gateway are. */
  ownModel: 'claude-sonnet-4-5',
  tool: { name: 'Write', argumentsOf: ({ file, content }) => ({ file_path: file, content }) },
  program: (folder) =>
    join(folder, 'node_modules', `@anthropic-ai/claude-code-${process.platform}-${process.arch}`, 'claude'),
  settings: ({ url, key }) => ({ env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key }, files: {} }),
  launch: ({ program, model, prompt }) => ({
    command: program,
    args: ['-p', prompt, '--model', model, '--output-format', 'json', '--permission-mode', 'bypassPermissions'],
    env: {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      // Ten, its own number, take minutes.
      CLAUDE_CODE_MAX_RETRIES: '3',
      // It may do anything without asking here, which it refuses to a superuser unless it is told of a sandbox.
      IS_SANDBOX: '1',
    },
  }),
  finalText: ({ stdout }) => JSON.parse(stdout).result,
};
