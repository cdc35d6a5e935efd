import { describe, expect, it } from 'vitest';
import type { PrincipalScopes } from '../canonical/exchange.ts';
import { checkAddressScope, checkEndpointScope, checkModelScope, mayUseModel } from './key-scopes.ts';
import { caught, createRequestView } from './request-view.fixture.ts';

const requestOf = (scopes: PrincipalScopes | undefined, clientAddress = '192.0.2.1') =>
  createRequestView({
    clientAddress,
    principal: { kind: 'key', name: 'app', identity: 'id', tenant: undefined, ...(scopes && { scopes }) },
  });

describe('models', () => {
  it.each<[PrincipalScopes | undefined, string | undefined, boolean]>([
    [undefined, 'any', true],
    [undefined, undefined, true],
    [{}, 'any', true],
    [{ models: [['a', 'b']] }, 'a', true],
    [{ models: [['a', 'b']] }, 'c', false],
    [{ models: [['a', 'b']] }, undefined, false],
    [{ models: [['a', 'b']] }, '', false],
    [{ models: [[]] }, 'a', false],
    [{ models: [['gpt-*']] }, 'gpt-4o', true],
    [{ models: [['gpt-*']] }, 'my-gpt-4o', false],
    [{ models: [['*']] }, 'any', true],
    [{ models: [['g*t']] }, 'get', false],
    [
      {
        models: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      },
      'b',
      true,
    ],
    [
      {
        models: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      },
      'a',
      false,
    ],
  ])('%j: %s is allowed: %s', (scopes, model, expected) => {
    expect(mayUseModel(scopes, model)).toBe(expected);
    if (expected) checkModelScope(scopes, model);
    else expect(caught(() => checkModelScope(scopes, model))).toMatchObject({ kind: 'forbidden', status: 403 });
  });

  it('are named in the refusal, a few of them', () => {
    const models = [Array.from({ length: 50 }, (_value, index) => `model-${index}`)];
    const { message, param } = caught(() => checkModelScope({ models }, 'x'.repeat(1_000)));
    expect(param).toBe('model');
    expect(message).toContain('model-9, …');
    expect(message.length).toBeLessThan(500);
  });
});

describe('addresses and operations', () => {
  it('are not looked at where nothing is said of them', () => {
    checkAddressScope(requestOf(undefined));
    checkEndpointScope(requestOf({}));
  });

  it('let in what they name', () => {
    checkAddressScope(requestOf({ addresses: ['192.0.2.0/24'] }));
    checkEndpointScope(requestOf({ endpoints: ['chat'] }));
  });

  it('refuse the rest', () => {
    const scopes = { addresses: ['192.0.2.0/24'], endpoints: ['embeddings'] };
    expect(caught(() => checkAddressScope(requestOf(scopes, '198.51.100.1')))).toMatchObject({ kind: 'forbidden' });
    expect(caught(() => checkEndpointScope(requestOf(scopes))).message).toContain('embeddings');
    expect(caught(() => checkAddressScope(requestOf({ addresses: [] })))).toMatchObject({ kind: 'forbidden' });
  });
});
