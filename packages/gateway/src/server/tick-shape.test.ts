import { expect, it } from 'vitest';
import { keepTickShape, keptTick } from './tick-shape.ts';

it('keeps what nextTick makes', async () => {
  keepTickShape();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(Object.keys(keptTick() ?? {})).toContain('callback');
});
