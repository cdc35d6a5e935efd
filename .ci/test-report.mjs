// Reads the JSON report of the tests: `node test-report.mjs REPORT EXIT_CODE`. Prints "PASSED FAILED" on standard output and
// says on standard error what was skipped. A test that is skipped although this machine has what it needs has failed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const say = (line) => process.stderr.write(`${line}\n`);

const hasCurl = () => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const besideUs = (path) => existsSync(join(root, '../shared', path));
const isLinux = () => process.platform === 'linux';
const hasNetwork = () =>
  Object.values(networkInterfaces()).some((addresses) =>
    addresses.some(({ internal, family }) => !internal && family === 'IPv4'),
  );

const hasRedisServer = () => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
/** Whether a Redis server is named, or answers where one usually is. */
const hasRedis = () => {
  if (process.env.TEST_REDIS_URL || process.env.REDIS_URL) return true;
  const ask =
    "require('net').connect(6379,'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))";
  try {
    execFileSync(process.execPath, ['-e', ask], { stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
};

/** What the recorded exchanges are for: everything below this folder. */
const fidelity = 'packages/gateway/test/fidelity/';
const recordings = {
  need: 'recordings',
  isHere: () => existsSync(process.env.RECORDINGS ?? '') || besideUs('recordings'),
};

/** Files whose tests may be skipped, what they need, and whether it is here. */
const needs = [
  { file: 'packages/gateway/test/fuzz/decoders.test.ts', ...recordings },
  {
    file: 'packages/gateway/src/resilience/classify.test.ts',
    need: 'recordings',
    isHere: () => besideUs('recordings'),
  },
  {
    file: 'packages/gateway/test/config/samples.test.ts',
    need: 'sample configurations',
    isHere: () => besideUs('spec/samples'),
  },
  { file: 'packages/gateway/test/acceptance/curl-examples.test.ts', need: 'curl', isHere: hasCurl },
  { file: 'packages/gateway/test/docs/examples.test.ts', need: 'curl', isHere: hasCurl },
  {
    file: 'packages/gateway/test/acceptance/open-mode.test.ts',
    need: 'an address other than loopback',
    isHere: hasNetwork,
  },
  { file: 'packages/gateway/src/telemetry/line-writer.test.ts', need: 'Linux', isHere: isLinux },
  ...['limit-leases', 'limit-store', 'lost-server', 'slot-store'].map((name) => ({
    file: `packages/gateway/src/stores/redis/${name}.test.ts`,
    need: 'a Redis server',
    isHere: hasRedis,
  })),
  { file: 'packages/gateway/test/redis/shared-limits.test.ts', need: 'a Redis server', isHere: hasRedis },
  ...['src/stores/redis/redis-connection', 'test/redis/lost-redis'].map((name) => ({
    file: `packages/gateway/${name}.test.ts`,
    need: 'the program redis-server',
    isHere: hasRedisServer,
  })),
  { file: 'bench/load.test.ts', need: 'Linux', isHere: isLinux },
];

const [path = '', exitCode = '1'] = process.argv.slice(2);
if (!existsSync(path)) {
  say(`The tests ended with ${exitCode} and left no report.`);
  console.log('0 1');
  process.exit();
}

const { numPassedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'));
let failed = 0;
for (const { name, status, message, assertionResults } of testResults) {
  const file = relative(root, name);
  const count = (wanted) => assertionResults.filter((test) => wanted.includes(test.status)).length;
  const failures = count(['failed']);
  failed += failures;
  if (status === 'failed' && failures === 0) {
    failed += 1;
    say(`failed: ${file} as a whole: ${message}`);
  }
  const skipped = count(['skipped', 'pending', 'todo', 'disabled']);
  if (skipped === 0) continue;
  const need = file.startsWith(fidelity) ? recordings : needs.find((candidate) => candidate.file === file);
  if (need !== undefined && !need.isHere()) {
    say(`skipped: ${skipped} in ${file}, which need ${need.need}`);
  } else {
    failed += skipped;
    say(`failed: ${skipped} skipped in ${file}${need === undefined ? '' : `, though there is ${need.need}`}`);
  }
}
// An error outside of any test fails the run without failing a test.
if (failed === 0 && exitCode !== '0') {
  failed = 1;
  say(`failed: the run as a whole, with ${exitCode}`);
}
console.log(`${numPassedTests} ${failed}`);
