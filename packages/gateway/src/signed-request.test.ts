import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Cancellation } from './cancellation.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { createCredentialSources, type FetchJson } from './credentials/credential-sources.ts';
import type { SignRequest } from './routing/target.ts';
import { signed } from './signed-request.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import { fetchJson as usual } from './transport/fetch-json.ts';

const request = {
  ...{ origin: 'https://upstream.test', method: 'POST', path: '/v1', headers: [], connectMs: 1_000 },
  body: Buffer.from('{}'),
};

function sourcesOf(fetchJson: FetchJson) {
  const readFile = () => Promise.reject(new Error('no files'));
  return createCredentialSources({ clock: createManualClock(), fetchJson, readFile });
}

const wait = (sign: SignRequest, lane = new Cancellation(), clock = createManualClock()) =>
  signed(request, sign, { lane, clock, deadline: clock.now() + 1_000 });

function sign(fetchJson: FetchJson) {
  const identity = { tenantId: 't', clientId: 'c', clientSecret: 's' };
  return wait(sourcesOf(fetchJson).entra(identity));
}

function signAsMachine(fetchJson: FetchJson) {
  const identity = { environment: {}, key: undefined };
  return wait(sourcesOf(fetchJson).google(identity));
}

it.each([
  ['overloaded', 429],
  ['failing', 503],
])('a target was taken out as misconfigured because whoever issues its tokens was %s', async (_, status) => {
  expect(await sign(async () => ({ status, body: {} }))).toMatchObject({ kind: 'connect_failed', status: 0 });
});

it('a target was taken out as misconfigured because whoever issues its tokens could not be reached', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const failure = await sign((ask) => usual({ ...ask, url: `http://127.0.0.1:${port}/token` }));
  expect(failure).toMatchObject({ kind: 'connect_failed', message: expect.stringContaining('could not be asked') });
});

it('a target whose tokens are refused is misconfigured', async () => {
  const refusal = await sign(async () => ({ status: 401, body: { error: 'invalid_client' } }));
  expect(refusal).toMatchObject({ kind: 'credential_refused', message: expect.stringContaining('invalid_client') });
});

it('a request is signed with the token that was issued', async () => {
  const issued = await sign(async () => ({ status: 200, body: { access_token: 'one', expires_in: 60 } }));
  expect(issued).toMatchObject({ headers: ['authorization', 'Bearer one'] });
});

describe("on a machine of Google's cloud", () => {
  const unreached = (code: string) => async () => {
    const cause = Object.assign(new Error(code), { code });
    throw new GatewayError('upstream_failed', 'metadata.google.internal could not be asked for a token.', { cause });
  };

  it.each(['ECONNREFUSED', 'EHOSTUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'ABORT_ERR'])(
    'a target was taken out as misconfigured because the metadata server could not be reached: %s',
    async (code) => {
      expect(await signAsMachine(unreached(code))).toMatchObject({ kind: 'connect_failed', status: 0 });
    },
  );

  it.each<[string, FetchJson]>([
    ['whose machine has no account', async () => ({ status: 404, body: undefined })],
    ['that does not run there', unreached('ENOTFOUND')],
  ])('a target %s is misconfigured', async (_, fetchJson) => {
    const expected = { kind: 'credential_refused', message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') };
    expect(await signAsMachine(fetchJson)).toMatchObject(expected);
  });
});

it('who left while a token was waited for held its place until it came', async () => {
  const [lane, clock] = [new Cancellation(), createManualClock()];
  const signing = wait(() => new Promise(() => {}), lane, clock);
  lane.cancel('client_closed');
  expect(await signing).toMatchObject({ kind: 'cancelled' });
  expect(clock.pending()).toBe(0);
});

it('who had no more time waited for a token until it came', async () => {
  const clock = createManualClock();
  const signing = wait(() => new Promise(() => {}), new Cancellation(), clock);
  clock.advance(1_000);
  expect(await signing).toMatchObject({ kind: 'total_timeout', status: 0 });
});
