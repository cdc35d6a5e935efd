import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

let folder: string;
const scripts = new Map<string, string>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-completions-'));
  writeFileSync(join(folder, 'my config.yaml'), '');
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const { stdout } = await runCli(['completions', shell]);
    scripts.set(shell, stdout);
    writeFileSync(join(folder, `script.${shell}`), stdout);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The result of a shell, or undefined when this machine does not have it. */
function runShell(shell: string, ...argv: string[]) {
  const result = spawnSync(shell, argv, { cwd: folder, encoding: 'utf8', timeout: 20_000 });
  return result.error === undefined ? result : undefined;
}

describe.each(['bash', 'zsh', 'fish', 'powershell'])('completions %s', (shell) => {
  it('names every command and long option', () => {
    const script = scripts.get(shell) ?? '';
    for (const word of ['start', 'health', 'models', 'chat', 'config', 'generate', 'validate', 'info', 'simulate']) {
      expect(script).toMatch(new RegExp(`\\b${word}\\b`));
    }
    const prefix = shell === 'fish' ? '-l ' : '--';
    for (const option of ['config', 'metrics-port', 'workers', 'max-tokens', 'capabilities', 'api-key']) {
      expect(script).toContain(`${prefix}${option}`);
    }
    if (shell !== 'bash') expect(script).toContain('Prometheus metrics port');
  });

  it('is wrapped with --json', async () => {
    const { stdout } = await runCli(['completions', shell, '--json']);
    expect(JSON.parse(stdout)).toEqual({ success: true, data: { shell, script: scripts.get(shell) } });
  });
});

describe('the syntax is right', () => {
  it.each([
    ['bash', ['-n', 'script.bash']],
    ['zsh', ['-n', 'script.zsh']],
    ['fish', ['-n', 'script.fish']],
    [
      'pwsh',
      [
        '-NoProfile',
        '-Command',
        '$e = $null; $null = [System.Management.Automation.Language.Parser]::ParseFile("script.powershell", [ref]$null, [ref]$e); exit $e.Count',
      ],
    ],
  ])('to %s', (shell, argv) => {
    const result = runShell(shell, ...argv);
    if (result !== undefined) expect(result).toMatchObject({ status: 0, stderr: '' });
  });

  it('and zsh finds it in a folder of $fpath', () => {
    expect(scripts.get('zsh')?.split('\n')[0]).toBe('#compdef llm-gateway');
  });
});

describe('in bash', () => {
  /** What the script offers at the end of `line`. */
  function complete(line: string): string[] {
    const words = line.split(' ');
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const result = runShell(
      'bash',
      '-c',
      `source script.bash; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _llm_gateway; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    return (result?.stdout ?? '').split('\n').filter((word) => word !== '');
  }

  it.each([
    ['llm-gateway he', ['health']],
    ['llm-gateway --json -u http://x mod', ['models']],
    ['llm-gateway config ', ['show', 'validate', 'generate']],
    ['llm-gateway config show --c', ['--config']],
    ['llm-gateway chat --te', ['--temperature']],
    ['llm-gateway -k config completions ', ['bash', 'zsh', 'fish', 'powershell']],
    ['llm-gateway start --log-level = d', ['debug']],
    ['llm-gateway start --log-level i', ['info']],
    ['llm-gateway validate my', ['my config.yaml']],
    ['llm-gateway start -c my', ['my config.yaml']],
    ['llm-gateway my', ['my config.yaml']],
    ['llm-gateway start -p ', []],
    // The same letter stands for an option with a value and for one without.
    ['llm-gateway backend-health -w --inter', ['--interval']],
    ['llm-gateway backend-health -w --interval 3 --hist', ['--history']],
    ['llm-gateway latency -w 1h --perc', ['--percentiles']],
    ['llm-gateway latency -w --perc', []],
    ['llm-gateway chat $(touch,pwned) --mo', ['--model']],
  ])('%j offers %j', (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });
});
