/** `npm run bench:pipeline`: what a small request costs without sockets. See docs/benchmarks.md. */
import { loadBundle } from './load-bundle.mjs';

await loadBundle('packages/gateway/src/inference.bench.ts');
