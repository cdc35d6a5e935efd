import { describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import { type RequestPolicy, runRing } from './request-policy.ts';
import { createRequestView } from './request-view.fixture.ts';

describe('runRing', () => {
  function noting(name: string, seen: string[]): RequestPolicy {
    return () => {
      seen.push(name);
    };
  }

  it('stays synchronous and in order while policies do', () => {
    const seen: string[] = [];
    expect(runRing([noting('a', seen), noting('b', seen)], createRequestView())).toBeUndefined();
    expect(seen).toEqual(['a', 'b']);
  });

  it('waits for a promise and goes on in order', async () => {
    const seen: string[] = [];
    const late: RequestPolicy = async () => {
      await Promise.resolve();
      seen.push('late');
    };
    await runRing([noting('a', seen), late, noting('b', seen), late, noting('c', seen)], createRequestView());
    expect(seen).toEqual(['a', 'late', 'b', 'late', 'c']);
  });

  it('stops at the first rejection, thrown or promised', async () => {
    const seen: string[] = [];
    const reject: RequestPolicy = () => {
      throw new GatewayError('forbidden', 'No.');
    };
    const rejectLate: RequestPolicy = () => Promise.reject(new GatewayError('forbidden', 'No.'));
    expect(() => runRing([reject, noting('a', seen)], createRequestView())).toThrow('No.');
    await expect(runRing([rejectLate, noting('a', seen)], createRequestView())).rejects.toThrow('No.');
    expect(seen).toEqual([]);
  });
});
