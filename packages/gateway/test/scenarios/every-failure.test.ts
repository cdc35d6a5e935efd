import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checks.ts';
import { variants } from './lanes.ts';
import { factsOf } from './outcome.ts';
import { type Row, rows, silentRows } from './rows.ts';
import { briefly, type Stage, startStage } from './stage.ts';

let stage: Stage;
let brief: Stage;
beforeAll(async () => {
  [stage, brief] = await Promise.all([
    startStage({ casts: castsOf(rows) }),
    startStage({ casts: castsOf(silentRows), timeout: { ...briefly, request_seconds: 1.5 } }),
  ]);
});
afterAll(async () => {
  const stages = [stage, brief];
  const errors = stages.flatMap(({ gateway }) =>
    gateway.logLines.filter(({ level }) => level === 'error' || level === 'ERROR'),
  );
  const slots = stages.map(({ gateway }) => gateway.slots.counts('admission'));
  await Promise.all(stages.map((one) => one.stop()));
  expect(errors).toEqual([]);
  expect(slots).toEqual(stages.map(() => ({ inFlight: 0, queued: 0 })));
});

const nameOf = ({ id }: Row): string => id.replaceAll(' ', '-');
const castsOf = (list: readonly Row[]) => Object.fromEntries(list.map((row) => [nameOf(row), row]));

/** A row with each lane, in the modes that it can happen in. */
const cases = (row: Row) =>
  variants(undefined, row.lanes).flatMap((variant) => {
    const expected = row[variant.mode];
    return expected === undefined ? [] : [[variant.title, { variant, expected }] as const];
  });

describe.each(rows)('$id: a provider that $does', (row) => {
  it.concurrent.each(cases(row))('%s', async (_, { variant, expected }) => {
    const run = await stage.run(nameOf(row), variant);
    check(run, expected, row.text);
    if (expected.outcome !== 'whole') return;
    // The answer names the model that gave it, and its tokens alone.
    const { model, output } = factsOf(variant.lane.caller, variant.stream, run.got);
    const answering = run.second.at(-1) ?? run.first.at(-1)!;
    expect(model).toBe(answering.model);
    expect(output).toBe(row.text === undefined ? 60 : 3);
    expect(run.line).toMatchObject({ model: answering.model });
    // The log has those of all attempts: as reported, and where one was broken off estimated, and said to be.
    const logged = run.line['tokens'] as { readonly output: number; readonly estimated?: boolean };
    if (run.line['attempts'] === 1 && !logged.estimated) expect(logged.output).toBe(output);
    else expect(logged.output).toBeGreaterThanOrEqual(output!);
  });
});

describe.each(silentRows)('$id: a provider that $does', (row) => {
  it.concurrent.each(cases(row))('%s', async (_, { variant, expected }) => {
    const run = await brief.run(nameOf(row), variant);
    check(run, expected, row.text);
    // Whoever is left is let go.
    await brief.first.waitUntil(() => run.first.every(({ outcome }) => outcome !== undefined));
  });
});
