import { describe, expect, it } from 'vitest';
import { closestName, editDistance } from './closest-name.ts';

describe('editDistance', () => {
  it.each([
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['por', 'port', 1],
    ['portt', 'port', 1],
    ['pirt', 'port', 1],
    ['sever', 'serve', 2],
  ])('%s to %s is %i', (left, right, distance) => expect(editDistance(left, right)).toBe(distance));
});

describe('closestName', () => {
  it('takes the nearest within two slips', () => {
    expect(closestName('time_out_secs', ['timeout_secs', 'max_size'])).toBe('timeout_secs');
    expect(closestName('Port', ['port', 'host'])).toBe('port');
  });

  it('finds nothing in what is far away or too short to tell', () => {
    expect(closestName('colour', ['port', 'host'])).toBeUndefined();
    expect(closestName('a', ['xyz'])).toBeUndefined();
  });
});
