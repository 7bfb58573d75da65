import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';
import { type AlertError } from '@therapytrain/alerts-core';
import { base64url, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Identities, readIdentities } from '../../src/identity/identities.ts';
import { createJwtCheck, type JwtCheck } from '../../src/identity/jwt.ts';
import { after } from '../support.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const seconds = Math.floor(epoch / 1_000);

/** A real issuer on this machine. */
const startIssuer = async () => {
  const keys: Record<string, Pair> = { one: await generateKeyPair('ES256', { extractable: true }) };
  const state = { asked: 0, status: 200, padding: 0 };
  const server = createServer((_, response) => {
    state.asked++;
    const publish = async (): Promise<void> => {
      const public_ = Object.entries(keys).map(async ([kid, { publicKey }]) => ({
        ...(await exportJWK(publicKey)),
        ...{ kid, alg: 'ES256', note: 'x'.repeat(state.padding) },
      }));
      response.writeHead(state.status, { 'content-type': 'application/json', location: '/elsewhere' });
      response.end(JSON.stringify({ keys: await Promise.all(public_) }));
    };
    void publish();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  after(() => void server.close());
  const iss = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { iss, keys, state };
};

type Issuer = Awaited<ReturnType<typeof startIssuer>>;

let issuer: Issuer;
let clock: ReturnType<typeof createFakeClock>;
let identities: Identities;
let check: JwtCheck;

const textOf = (iss: string, subject = 'p-1') => `
principals:
  nurse: { scopes: [alerts.read], subjects: [{ issuer: clinic, subject: ${subject} }] }
issuers:
  clinic: { issuer: '${iss}', audience: alerts, keys: '${iss}/keys', algorithms: [ES256] }
`;

beforeEach(async () => {
  issuer = await startIssuer();
  clock = createFakeClock();
  identities = readIdentities(textOf(issuer.iss), 'i.yaml');
  check = createJwtCheck({ identities: () => identities, clock });
});

const claims = (): JWTPayload => ({ iss: issuer.iss, sub: 'p-1', aud: 'alerts', exp: seconds + 600 });

const sign = (payload: JWTPayload = claims(), kid = 'one', key?: Pair['privateKey']): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(key ?? (issuer.keys[kid] as Pair).privateKey);

const whyOf = async (token: string): Promise<string> => {
  try {
    return (await check.callerOf(token)).principal.name;
  } catch (error) {
    const { code, facts } = error as AlertError;
    return facts['why'] ?? code;
  }
};

describe('a token of an issuer', () => {
  test('says who calls, by its subject, and until when', async () => {
    const caller = await check.callerOf(await sign());
    expect(caller.principal).toMatchObject({ name: 'nurse', how: 'jwt' });
    expect(caller.expiresAt).toBe((seconds + 600) * 1_000);
  });

  test.each<[string, () => Promise<string>, string]>([
    ['for somebody else', () => sign({ ...claims(), aud: 'payroll' }), 'wrong_audience'],
    ['for somebody else among others, and us', () => sign({ ...claims(), aud: ['payroll', 'alerts'] }), 'nurse'],
    ['of an issuer that is not known', () => sign({ ...claims(), iss: 'https://elsewhere.example' }), 'wrong_issuer'],
    ['of an issuer that ends with a slash', () => sign({ ...claims(), iss: `${issuer.iss}/` }), 'wrong_issuer'],
    ['of a subject that is not known', () => sign({ ...claims(), sub: 'p-2' }), 'unknown'],
    ['without a subject', () => sign({ iss: issuer.iss, aud: 'alerts', exp: seconds + 600 }), 'malformed'],
    ['without an end', () => sign({ iss: issuer.iss, aud: 'alerts', sub: 'p-1' }), 'malformed'],
    ['that ended 29 s ago, by a clock that may be 30 s off', () => sign({ ...claims(), exp: seconds - 29 }), 'nurse'],
    ['that ended 31 s ago', () => sign({ ...claims(), exp: seconds - 31 }), 'expired'],
    ['that begins in 31 s', () => sign({ ...claims(), nbf: seconds + 31 }), 'malformed'],
    [
      'that somebody else signed',
      async () => sign(claims(), 'one', (await generateKeyPair('ES256')).privateKey),
      'bad_signature',
    ],
    [
      'that was changed after it was signed',
      async () => {
        const [head, , signature] = (await sign()).split('.');
        return [head, base64url.encode(JSON.stringify({ ...claims(), sub: 'p-1', more: 1 })), signature].join('.');
      },
      'bad_signature',
    ],
    [
      'that nobody signed',
      async () => `${base64url.encode('{"alg":"none"}')}.${base64url.encode(JSON.stringify(claims()))}.`,
      'bad_signature',
    ],
    [
      'signed with the public key as a shared secret',
      async () => {
        const secret = new TextEncoder().encode(
          JSON.stringify(await exportJWK((issuer.keys['one'] as Pair).publicKey)),
        );
        return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret);
      },
      'bad_signature',
    ],
    ['that is none', async () => 'a.b.c', 'malformed'],
    ['that is too long', async () => `a.${'b'.repeat(8_200)}.c`, 'malformed'],
  ])('%s', async (_, make, expected) => {
    expect(await whyOf(await make())).toBe(expected);
  });

  test('no longer holds when it has ended, or its subject is taken away', async () => {
    const caller = await check.callerOf(await sign());
    expect(caller.holds((seconds + 629) * 1_000)).toBe(true);
    expect(caller.holds((seconds + 630) * 1_000)).toBe(false);
    identities = readIdentities(textOf(issuer.iss, 'p-9'), 'i.yaml');
    expect(caller.holds(epoch)).toBe(false);
    // Not from memory either.
    expect(await whyOf(await sign())).toBe('unknown');
  });
});

describe('what an issuer says of who has a token', () => {
  const mapped = (claim: string, grants: string) =>
    readIdentities(
      textOf(issuer.iss).replace(
        'algorithms: [ES256] }',
        `algorithms: [ES256], claims: { claim: ${claim}, grants: ${grants} } }`,
      ),
      'i.yaml',
    );
  const grants = `{ 'Sec Ops': [alerts.read, incidents.write], wards: [alerts.write, alerts.read], constructor: [admin] }`;
  const digestOf = (subject: string): string =>
    `clinic.${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`;

  test.each<[string, string, JWTPayload, string, string]>([
    ['a value in a list', 'groups', { sub: 'u-2', groups: ['x', 'wards'] }, 'clinic.u-2', 'alerts.read alerts.write'],
    ['a text', 'role', { sub: 'u-2', role: 'wards' }, 'clinic.u-2', 'alerts.read alerts.write'],
    [
      ...(['two values', 'groups', { sub: 'u-2', groups: ['wards', 'Sec Ops'] }, 'clinic.u-2'] as const),
      'alerts.read alerts.write incidents.write',
    ],
    [
      ...([
        'a path',
        '[realm_access, roles]',
        { sub: 'u-2', realm_access: { roles: ['wards'] } },
        'clinic.u-2',
      ] as const),
      'alerts.read alerts.write',
    ],
    [
      ...([
        'a claim named by a URL',
        "'https://x.example/roles'",
        { sub: 'u-2', 'https://x.example/roles': ['wards'] },
      ] as const),
      ...(['clinic.u-2', 'alerts.read alerts.write'] as const),
    ],
    ['a subject that stands in the file', 'groups', { sub: 'p-1', groups: ['wards'] }, 'nurse', 'alerts.read'],
    [
      ...(['a subject that no principal is named after', 'groups', { sub: 'auth0|Ann', groups: ['wards'] }] as const),
      ...([digestOf('auth0|Ann'), 'alerts.read alerts.write'] as const),
    ],
    [
      ...(['a subject that looks like the digest of another', 'groups'] as const),
      { sub: digestOf('auth0|Ann').slice(7), groups: ['wards'] },
      ...([digestOf(digestOf('auth0|Ann').slice(7)), 'alerts.read alerts.write'] as const),
    ],
    ['other letters', 'groups', { sub: 'u-2', groups: ['WARDS', 'wards ', 'sec ops'] }, 'unknown', ''],
    ['several in one text', 'groups', { sub: 'u-2', groups: 'wards admin' }, 'unknown', ''],
    ['no such claim', 'groups', { sub: 'u-2', roles: ['wards'] }, 'unknown', ''],
    ['a part of another claim', 'groups', { sub: 'u-2', groups: { wards: true } }, 'unknown', ''],
    ['numbers and lists in a list', 'groups', { sub: 'u-2', groups: [1, ['wards'], null] }, 'unknown', ''],
    ['what every object has', '[groups, constructor, name]', { sub: 'u-2', groups: {} }, 'unknown', ''],
    ['a value that is a key of objects', 'groups', { sub: 'u-2', groups: ['toString'] }, 'unknown', ''],
  ])('%s', async (_, claim, given, name, scopes) => {
    identities = mapped(claim, grants);
    const token = await sign({ ...claims(), ...given });
    expect(await whyOf(token)).toBe(name);
    if (scopes === '') return;
    const { principal } = await check.callerOf(token);
    expect([...principal.scopes].sort().join(' ')).toBe(scopes);
    expect(principal).toMatchObject({ how: 'jwt' });
  });

  test('counts for nothing where nothing is mapped, and no longer than it is', async () => {
    const token = await sign({ ...claims(), sub: 'u-2', groups: ['wards'] });
    expect(await whyOf(token)).toBe('unknown');
    identities = mapped('groups', '{ wards: [alerts.read] }');
    const caller = await check.callerOf(token);
    expect(caller.holds(epoch)).toBe(true);
    identities = mapped('groups', '{ wards: [alerts.read], others: [admin] }');
    expect(caller.holds(epoch)).toBe(true);
    // Other scopes are another caller: streams end, and the next call has what is in force.
    identities = mapped('groups', '{ wards: [alerts.write] }');
    expect(caller.holds(epoch)).toBe(false);
    expect([...(await check.callerOf(token)).principal.scopes]).toEqual(['alerts.write']);
    identities = mapped('groups', '{ others: [alerts.write] }');
    expect(await whyOf(token)).toBe('unknown');
  });

  test('does not help a token that somebody else signed', async () => {
    identities = mapped('groups', '{ wards: [alerts.read] }');
    const { privateKey } = await generateKeyPair('ES256');
    expect(await whyOf(await sign({ ...claims(), sub: 'u-2', groups: ['wards'] }, 'one', privateKey))).toBe(
      'bad_signature',
    );
  });
});

describe('the keys of an issuer', () => {
  test('are asked for once, and a known token costs no second look', async () => {
    const token = await sign();
    for (let n = 0; n < 20; n++) expect(await whyOf(token)).toBe('nurse');
    for (let n = 0; n < 20; n++) expect(await whyOf(await sign({ ...claims(), jti: String(n) }))).toBe('nurse');
    expect(issuer.state.asked).toBe(1);
  });

  test('are not asked for again by whoever makes up keys', async () => {
    expect(await whyOf(await sign())).toBe('nurse');
    for (let n = 0; n < 50; n++) {
      const forged = await sign(claims(), `made-up-${n}`, (await generateKeyPair('ES256')).privateKey);
      expect(await whyOf(forged)).toBe('bad_signature');
    }
    expect(issuer.state.asked).toBe(1);
  });

  test.each<[string, (state: Issuer['state']) => void]>([
    ['cannot be had', (state) => (state.status = 503)],
    ['lie elsewhere', (state) => (state.status = 302)],
    ['are too large', (state) => (state.padding = 300_000)],
  ])('that %s: nobody is let in, and the caller may try again', async (_, spoil) => {
    spoil(issuer.state);
    expect(await whyOf(await sign())).toBe('ISSUER_UNAVAILABLE');
    Object.assign(issuer.state, { status: 200, padding: 0 });
    expect(await whyOf(await sign())).toBe('nurse');
  });
});
