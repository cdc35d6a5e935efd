import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-config-'));
  const good = 'server:\n  port: 9123\nproviders:\n  openai:\n    api_key: "sk-very-secret"\n';
  writeFileSync(join(folder, 'good.yaml'), good);
  writeFileSync(join(folder, 'odd.yaml'), `${good}nonsense: true\n`);
  const rule = `{ name: r, condition: "model = 'x'", target_provider: nobody }`;
  writeFileSync(join(folder, 'rules.yaml'), `${good}routing: { rules: [${rule}] }\n`);
  writeFileSync(join(folder, 'nowhere.yaml'), `${good}routing: { default_provider: nobody }\n`);
  writeFileSync(join(folder, 'bad.yaml'), 'server:\n  port: many\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => runCli(argv, { cwd: folder });

// The two ways of asking for the same.
describe.each([
  ['validate', (file: string) => ['validate', file]],
  ['config validate', (file: string) => ['config', 'validate', '--config', file]],
])('%s', (_name, words) => {
  it('is 0 for a valid file', async () => {
    expect(await run(...words('good.yaml'))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/good\.yaml: valid\n$/),
    });
    expect(JSON.parse((await run(...words('good.yaml'), '--json')).stdout)).toMatchObject({
      success: true,
      data: { valid: true, files: [join(folder, 'good.yaml')] },
    });
  });

  it('is 1 for an invalid one, with the place of each problem', async () => {
    const { code, stdout, stderr } = await run(...words('bad.yaml'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/bad\.yaml:2:\d+: /);
    const json = await run(...words('bad.yaml'), '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      success: false,
      data: { valid: false, problems: [{ level: 'error', line: 2 }] },
      error: { code: 'unwell' },
    });
  });

  it('warns of what it does not know, and fails with --strict', async () => {
    expect(await run(...words('odd.yaml'))).toMatchObject({ code: 0, stderr: expect.stringContaining('nonsense') });
    expect(await run(...words('odd.yaml'), '--strict')).toMatchObject({ code: 1 });
  });

  it('called a file valid with whose rules the gateway does not start', async () => {
    const { code, stderr } = await run(...words('rules.yaml'));
    expect(code).toBe(1);
    expect(stderr).toContain("unexpected '=' at position 7");
    expect(stderr).toContain("target_provider 'nobody' is not a configured provider");
    const json = JSON.parse((await run(...words('rules.yaml'), '--json')).stdout);
    expect(json).toMatchObject({ success: false, data: { valid: false, problems: [{ level: 'error' }, {}] } });
  });

  it('told of a rule that cannot be used without its place', async () => {
    const { stderr } = await run(...words('rules.yaml'));
    expect(stderr).toMatch(/rules\.yaml:6:31: routing rule 'r': condition/);
    expect(stderr).toMatch(/rules\.yaml:6:57: routing rule 'r': target_provider/);
  });

  it('did not warn of names that lead nowhere', async () => {
    const warned = await run(...words('nowhere.yaml'));
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining("default_provider 'nobody'") });
    expect(await run(...words('nowhere.yaml'), '--strict')).toMatchObject({ code: 1 });
  });

  it('is 1 for a file that is not there', async () => {
    expect(await run(...words('none.yaml'))).toMatchObject({ code: 1, stderr: expect.stringContaining('none.yaml') });
  });
});

describe('config show', () => {
  it('shows what counts, and no secret', async () => {
    const text = await run('config', 'show', '-c', 'good.yaml');
    const json = await run('config', 'show', '-c', 'good.yaml', '--json');
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toContain('port: 9123');
    expect(JSON.parse(json.stdout)).toMatchObject({ success: true, data: { server: { port: 9123 } } });
    expect(text.stdout + json.stdout).not.toContain('very-secret');
  });

  it('is 1 for a configuration that cannot be used', async () => {
    expect((await run('config', 'show', '-c', 'bad.yaml')).code).toBe(1);
  });
});

describe('config generate', () => {
  it.each(['yaml', 'toml', 'json'])('writes a %s file that validates', async (format) => {
    const { code, stdout } = await run('config', 'generate', '--format', format);
    expect(code).toBe(0);
    writeFileSync(join(folder, `generated.${format}`), stdout);
    expect(await run('validate', `generated.${format}`)).toMatchObject({ code: 0 });
  });

  it('writes a schema', async () => {
    const { stdout } = await run('config', 'generate', '--format', 'json-schema');
    expect(JSON.parse(stdout)).toHaveProperty('properties.server');
  });

  it('is YAML by default, and wrapped with --json', async () => {
    const { stdout } = await run('config', 'generate');
    const json = await run('config', 'generate', '--json');
    expect(JSON.parse(json.stdout)).toEqual({ success: true, data: { format: 'yaml', content: stdout } });
  });
});
