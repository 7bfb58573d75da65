import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { type Scope, scopes } from '@therapytrain/alerts-core';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { needs } from '../../src/identity/needs.ts';
import { after } from '../support.ts';
import { bearing, type IdentityGateway, openIdentityGateway, strangeToken } from '../support/identity.ts';
import { createSmallDesk } from '../support/small-desk.ts';
import { endOf } from '../support/method-end.ts';

const methods = [...needs].filter(([path]) => path.startsWith('/therapytrain.'));

let gateway: IdentityGateway;
const tokens = new Map<Scope | 'all' | 'none of these', string>();
const bad = new Map<string, string | undefined>();

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const other = await generateKeyPair('ES256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
  const issuer = createServer((_, response) => void response.setHeader('content-type', 'application/json').end(keys));
  await new Promise<void>((resolve) => void issuer.listen(0, '127.0.0.1', resolve));
  after(() => void issuer.close(), 'all');
  const iss = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  gateway = await openIdentityGateway(
    {
      desk: createSmallDesk({}).desk,
      text: `
principals:
  person: { scopes: [${scopes.join(', ')}], subjects: [{ issuer: clinic, subject: p-1 }] }
issuers:
  clinic: { issuer: '${iss}', audience: alerts, keys: '${iss}/keys' }
`,
    },
    'all',
  );
  for (const scope of scopes) tokens.set(scope, await gateway.token([scope]));
  tokens.set('all', await gateway.token(scopes));
  const expiring = await gateway.token(scopes, { for: 50 });
  const revoked = await gateway.token(scopes);
  await gateway.identity.tokens.revoke(revoked.split('_')[1] ?? '', 'test');
  const jwt = (aud: string, key = privateKey, sub = 'p-1', exp: string | number = '1h') =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(iss)
      .setSubject(sub)
      .setAudience(aud)
      .setExpirationTime(exp)
      .sign(key);
  tokens.set('none of these', await jwt('alerts'));
  bad.set('nothing', undefined);
  bad.set('a token that has expired', expiring);
  bad.set('a token that was revoked', revoked);
  bad.set('a token that nobody made', strangeToken());
  bad.set('a token with another secret', withOtherSecret(tokens.get('all') ?? ''));
  bad.set('no token at all', 'hello');
  bad.set('a JWT for another audience', await jwt('payroll'));
  bad.set('a JWT with the signature of another', await jwt('alerts', other.privateKey));
  bad.set('a JWT of somebody who is not known', await jwt('alerts', privateKey, 'p-2'));
  bad.set('a JWT that has expired', await jwt('alerts', privateKey, 'p-1', Math.floor(Date.now() / 1_000) - 120));
  await new Promise((resolve) => void setTimeout(resolve, 60));
});

// The id of one that is good, and the rest of one that was never kept.
const withOtherSecret = (good: string): string => good.replace(/_[^_]{43}_/, `_${'0'.repeat(43)}_`);

const denied = [status.UNAUTHENTICATED, status.PERMISSION_DENIED];
const call = (path: string, token: string | undefined) => endOf(gateway.client, path, bearing(token));

describe.each(methods)('%s', (path, need) => {
  test.each([...scopes])(`needs ${need}, and with %s alone it is answered accordingly`, async (scope) => {
    const { code, facts } = await call(path, tokens.get(scope));
    if (need === 'proved' || need === scope) expect(denied).not.toContain(code);
    else expect([code, facts]).toEqual([status.PERMISSION_DENIED, { scope: need }]);
  });

  test.each(['all', 'none of these'] as const)('lets those in who have every scope (%s)', async (which) => {
    expect(denied).not.toContain((await call(path, tokens.get(which))).code);
  });

  test.each([
    ['nothing', 'missing'],
    ['a token that has expired', 'expired'],
    ['a token that was revoked', 'revoked'],
    ['a token that nobody made', 'unknown'],
    ['a token with another secret', 'unknown'],
    ['no token at all', 'unknown'],
    ['a JWT for another audience', 'wrong_audience'],
    ['a JWT with the signature of another', 'bad_signature'],
    ['a JWT of somebody who is not known', 'unknown'],
    ['a JWT that has expired', 'expired'],
  ])('refuses %s', async (what, why) => {
    expect(bad.has(what)).toBe(true);
    const { code, facts } = await call(path, bad.get(what));
    expect([code, facts]).toEqual([status.UNAUTHENTICATED, { why }]);
  });
});
