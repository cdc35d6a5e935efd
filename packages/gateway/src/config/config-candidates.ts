import { join } from 'node:path';

/** Names looked for in the working directory, in order. */
const localNames = [
  'config.toml',
  'config.yaml',
  'config.yml',
  'gateway.yaml',
  'gateway.yml',
  'gateway.toml',
  'gateway.json',
];

const sharedNames = ['config.toml', 'config.yaml', 'config.yml', 'config.json', ...localNames.slice(3)];

/** Where a configuration may lie when nobody names one: groups in order; of each group the first file is taken. */
export function configCandidates(workingDirectory: string, homeDirectory: string): readonly (readonly string[])[] {
  return [
    localNames.map((name) => join(workingDirectory, name)),
    sharedNames.map((name) => join(homeDirectory, '.config', 'llm-gateway', name)),
    sharedNames.map((name) => join('/etc/llm-gateway', name)),
  ];
}
