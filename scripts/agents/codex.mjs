import { programOf } from './install.mjs';

/** OpenAI's agent: speaks responses, over a WebSocket first where it takes the address for OpenAI's own. */
export const codex = {
  name: 'codex',
  package: { name: '@openai/codex', version: '0.169.0' },
  wire: 'openai-responses',
  needsNewerNode: false,
  ownModel: 'gpt-5.4',
  tool: {
    name: 'exec_command',
    argumentsOf: ({ file, content }) => ({ cmd: `printf %s '${content}' > '${file}' && cat '${file}'` }),
  },
  program: (folder) => programOf(folder, '@openai/codex'),
  settings: ({ url, key }) => ({ env: { LLM_GATEWAY_KEY: key }, files: { '.codex/config.toml': configuration(url) } }),
  launch: ({ program, node, url, key, model, prompt, play }) => ({
    command: node,
    args: [
      program,
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '--json',
      '-m',
      model,
      '-c',
      'analytics.enabled=false',
      '-c',
      'check_for_update_on_startup=false',
      // Its own provider at another address: the only one that it tries a WebSocket with.
      ...(play === 'websocket' ? ['-c', 'model_provider="openai"', '-c', `openai_base_url="${url}/v1"`] : []),
      prompt,
    ],
    env: { CODEX_API_KEY: key },
  }),
  finalText: ({ stdout }) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ type, item }) => type === 'item.completed' && item?.type === 'agent_message')
      .at(-1)?.item.text,
};

/** @param {string} url */
function configuration(url) {
  return `model_provider = "gateway"

[model_providers.gateway]
name = "Gateway"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "LLM_GATEWAY_KEY"
`;
}
