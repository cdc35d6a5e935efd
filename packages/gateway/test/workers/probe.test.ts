import { startSimulator } from '@llm-gateway/simulator';
import { it } from 'vitest';
import { buildGateway } from '../acceptance/built-gateway.ts';
import { chat, childrenOf } from './fleet.ts';
it('kill under load', async () => {
  const built = await buildGateway();
  const sim = await startSimulator();
  const gateway = await built.start({ args: ['start', '--workers', '3', '--metrics-port', '0'], files: { 'config.yaml': `
server: { host: 127.0.0.1, port: 0 }
models: { sim: { providers: [{ name: one, api_base: "${sim.url}/v1", api_key: none }] } }
` } });
  const url = await gateway.listening();
  let stop = false; let ok = 0; let failed = 0; let other = 0; let pending = 0; let hung = 0; const errors: Record<string, number> = {};
  const loop = async () => { while (!stop) { pending++; let t: any; const late = new Promise<string>((r) => { t = setTimeout(r, 3000, 'late'); }); const r = await Promise.race([chat(url).catch((e: any) => e), late]); clearTimeout(t); if (r === 'late') hung++; else if (r.status === 200) ok++; else if (r.status) { other++; } else { failed++; errors[r.code ?? r.message] = (errors[r.code ?? r.message] ?? 0) + 1; } pending--; } };
  const loops = Array.from({ length: 40 }, loop);
  for (let i = 0; i < 5; i++) {
    await new Promise((r) => setTimeout(r, 1500));
    const kids = await childrenOf(gateway.pid);
    console.log(kids, { ok, failed, other, hung, errors });
    if (kids[0]) process.kill(kids[0], 'SIGKILL');
  }
  await new Promise((r) => setTimeout(r, 3000));
  stop = true; await Promise.all(loops);
  console.log({ ok, failed, other, hung }, gateway.stderr().slice(-1500), gateway.stdout().split('\n').filter((l) => !l.includes('Request completed')).join('\n').slice(-3000));
  gateway.signal('SIGTERM'); console.log(await gateway.ended);
  await sim.close(); await built.remove();
}, 60000);
