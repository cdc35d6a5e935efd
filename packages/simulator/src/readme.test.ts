import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviourKinds } from './decode-behaviour.ts';
import { scenarios } from './scenarios.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

function rows(header: string): string[] {
  // The formatter pads the cells of tables.
  const lines = readme.split('\n').map((line) => line.replace(/ +/g, ' '));
  const start = lines.indexOf(header);
  expect(start, header).toBeGreaterThan(-1);
  const table = lines.slice(start + 2);
  return table.slice(
    0,
    table.findIndex((line) => !line.startsWith('|')),
  );
}

describe('README', () => {
  it('lists the scenarios of the code, and no others', () => {
    const expected = scenarios.map(({ name, does, settings }) => {
      return `| ${name} | ${does} | ${settings.map((setting) => `\`${setting}\``).join(', ')} |`.replace(/ +/g, ' ');
    });
    expect(rows('| model | what the provider does | settings |')).toEqual(expected);
  });

  it('lists the behaviours of the code, and no others', () => {
    const expected = Object.entries(behaviourKinds).map(([kind, { does }]) => `| \`${kind}\` | ${does} |`);
    expect(rows('| kind | what it answers |')).toEqual(expected);
  });
});
