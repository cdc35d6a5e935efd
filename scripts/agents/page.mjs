import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(import.meta.dirname, '../../docs/agents.md'), 'utf8');
const shown = { url: 'http://localhost:8080', key: 'sk-change-this', model: 'house-model' };

/**
 * What docs/agents.md does not say as it is tried here: variables and files of an agent, byte for byte.
 * @param {{ name: string, settings: (parts: typeof shown) => { env: Record<string, string>, files: Record<string, string> } }} agent
 * @returns {readonly string[]}
 */
export function missingOnPage(agent) {
  const { env, files } = agent.settings(shown);
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`);
  const texts = Object.entries(files).flatMap(([path, text]) => [`\`~/${path}\``, `\n${text.trimEnd()}\n`]);
  return [...variables, ...texts].filter((text) => !page.includes(text));
}
