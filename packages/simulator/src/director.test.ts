import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Director } from './director.ts';
import { findScenario, scenarios } from './scenarios.ts';
import { type SimulatedRequest, simulatedRequest } from './simulated-request.ts';

function ask(model: string): SimulatedRequest {
  const incoming = { method: 'POST', url: '/v1/chat/completions', headers: {}, rawHeaders: [] };
  return simulatedRequest(incoming as unknown as IncomingMessage, Buffer.from(JSON.stringify({ model })));
}

function clock() {
  const time = { now: 1_000_000 };
  return { time, director: new Director(() => time.now) };
}

describe('Director', () => {
  it('goes by the model name, in any case, with a prefix and settings', () => {
    const { director } = clock();
    expect(director.direct(ask('OpenAI/F8?after=7&tokens=9'), 0)).toEqual({
      behaviour: { kind: 'truncate', clean: false, afterTokens: 7 },
      scenario: 'f8',
      settings: { after: 7, tokens: 9 },
    });
    expect(director.direct(ask('gpt-4o'), 1).behaviour).toEqual({ kind: 'answer' });
  });

  it('counts faults that happen once by model name', () => {
    const { director } = clock();
    const kinds = ['f3', 'f3', 'f3:a', 'f3:b', 'f3:a'].map((model) => director.direct(ask(model), 0).behaviour.kind);
    expect(kinds).toEqual(['status', 'answer', 'status', 'status', 'answer']);
    director.reset();
    expect(director.direct(ask('f3'), 0).behaviour.kind).toBe('status');
  });

  it('heals f15 after its time and fails f25 by the clock', () => {
    const { director, time } = clock();
    expect(director.direct(ask('f15?seconds=5'), 0).behaviour.kind).toBe('status');
    time.now += 4_999;
    expect(director.direct(ask('f15?seconds=5'), 0).behaviour.kind).toBe('status');
    time.now += 1;
    expect(director.direct(ask('f15?seconds=5'), 0).behaviour.kind).toBe('answer');
    time.now = 20_000;
    expect(director.direct(ask('f25'), 0).behaviour.kind).toBe('status');
    time.now = 25_000;
    expect(director.direct(ask('f25'), 0).behaviour.kind).toBe('answer');
  });

  it('plays the script, then what is set, then the model', () => {
    const { director } = clock();
    director.behave('echo');
    director.script([{ kind: 'status', status: 500, times: 2 }, 'f4']);
    const kinds = Array.from({ length: 4 }, () => director.direct(ask('f18a'), 0).behaviour.kind);
    expect(kinds).toEqual(['status', 'status', 'status', 'echo']);
    director.behave(undefined);
    expect(director.direct(ask('f18a'), 0).behaviour.kind).toBe('html-200');
  });

  it('asks a function, and answers when a status has been given its number of times', () => {
    const { director } = clock();
    director.behave((request, index) => (index === 1 ? 'f4' : request.model === 'a' ? { kind: 'gzip' } : undefined));
    expect(director.direct(ask('a'), 0).behaviour.kind).toBe('gzip');
    expect(director.direct(ask('a'), 1).behaviour.kind).toBe('status');
    expect(director.direct(ask('f18b'), 2).behaviour.kind).toBe('empty-200');
    director.behave({ kind: 'status', status: 503, times: 1 });
    expect(director.direct(ask('a'), 3).behaviour.kind).toBe('status');
    expect(director.direct(ask('a'), 4).behaviour.kind).toBe('answer');
  });

  it('refuses names that mean nothing', () => {
    const { director } = clock();
    expect(() => director.behave('f99')).toThrow('There is no scenario');
    expect(() => director.script(['status'])).toThrow('There is no scenario');
    expect(() => director.behave('sim?tokens=3')).not.toThrow();
  });
});

describe('scenarios', () => {
  it('cover every number, each under one name', () => {
    for (let number = 1; number <= 25; number++) expect(findScenario(`F${number}`)?.name).toMatch(`f${number}`);
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  });

  it('read exactly the settings that they declare', () => {
    for (const scenario of scenarios) {
      const read = new Set<string>();
      const setting = (name: string, otherwise: number): number => {
        if (!['tokens', 'gap', 'first'].includes(name)) read.add(name);
        return otherwise;
      };
      scenario.behave({ count: 0, elapsedMs: 0, nowMs: 0, setting });
      expect([...read].sort(), scenario.name).toEqual([...scenario.settings].sort());
    }
  });
});
