import { describe, expect, test } from '@jest/globals';
import type { AlertError } from '@therapytrain/alerts-core';
import { readIdentities } from '../../src/identity/identities.ts';

const refusal = (text: string): string => {
  try {
    readIdentities(text, 'i.yaml');
  } catch (error) {
    expect((error as AlertError).code).toBe('NOT_CONFIGURED');
    return (error as AlertError).message;
  }
  throw new Error('it was taken');
};

const digest = 'a'.repeat(64);

describe('an identities file', () => {
  test('may be empty: then nobody may call but with tokens that an admin made', () => {
    const identities = readIdentities('', 'i.yaml');
    expect(identities.certificate('urn:x')).toBeUndefined();
    expect(identities.limits).toEqual({ inFlight: 1_024, streams: 256 });
  });

  test('says who is who', () => {
    const { certificate, subject, token, denied } = readIdentities(
      `
principals:
  ward-7:
    scopes: [alerts.write, alerts.read]
    when: type == "AUTH_FAILURE"
    certificates: ['spiffe://clinic.example/ward-7']
    subjects: [{ issuer: clinic, subject: p-1 }]
    tokens: [{ id: aaaaaaaaaaa, sha256: ${digest}, expires: '2027-01-31T00:00:00Z' }]
issuers:
  clinic: { issuer: 'https://login.clinic.example', audience: alerts, keys: 'https://login.clinic.example/keys' }
denied_serials: ['0A:1b']
`,
      'i.yaml',
    );
    const principal = { name: 'ward-7', scopes: new Set(['alerts.write', 'alerts.read']) };
    expect(certificate('spiffe://clinic.example/ward-7')).toMatchObject({ ...principal, how: 'mtls' });
    expect(subject('https://login.clinic.example', 'p-1')).toMatchObject({ ...principal, how: 'jwt' });
    expect(subject('https://elsewhere.example', 'p-1')).toBeUndefined();
    expect(token('aaaaaaaaaaa')).toMatchObject({ principal, digest, expiresAt: Date.UTC(2027, 0, 31) });
    expect([...denied]).toEqual(['A1B']);
  });

  test.each<[string, string, RegExp]>([
    ['a key that is not known', 'principal: {}', /1:1 principal: is not a key/],
    [
      'names of an issuer with claims that are somebody else’s',
      `principals: { clinic.ann: { scopes: [admin] } }
issuers: { clinic: { issuer: 'https://a.example', audience: a, keys: 'https://a.example', claims: { claim: g, grants: {} } } }`,
      /1:27 principals\.clinic\.ann: begins as the names of an issuer with `claims` do/,
    ],
    [
      'an issuer with claims after whom nobody can be named',
      `issuers: { Clinic: { issuer: 'https://a.example', audience: a, keys: 'https://a.example', claims: { claim: g, grants: {} } } }`,
      /issuers\.Clinic: has `claims`, so its name/,
    ],
    [
      'an issuer with claims whose names could be those of another',
      `issuers: { a.b: { issuer: 'https://a.example', audience: a, keys: 'https://a.example', claims: { claim: g, grants: {} } } }`,
      /issuers\.a\.b: has `claims`, so its name/,
    ],
    [
      'claims that give no scope',
      `issuers: { a: { issuer: 'https://a.example', audience: a, keys: 'https://a.example', claims: { claim: g, grants: { x: [] } } } }`,
      /names no scope/,
    ],
    ['a scope that is none', 'principals:\n  a: { scopes: [alerts.write, alerts.delete] }', /2:31 .*scopes\[1\]/],
    ['no scope', 'principals:\n  a: { scopes: [] }', /2:\d+ principals\.a\.scopes: names no scope/],
    ['a name that is no source', 'principals:\n  Ward 7: { scopes: [admin] }', /2:3 .*is not 1 to 64/],
    ['the name of the gateway itself', 'principals:\n  gateway: { scopes: [admin] }', /2:3 .*or is `gateway`/],
    [
      'a condition on what may be concealed',
      'principals:\n  a: { scopes: [admin], when: metadata.userId == "x" }',
      /2:\d+ principals\.a\.when: speaks of metadata/,
    ],
    [
      'a condition on it in a loop',
      `principals:\n  a: { scopes: [admin], when: '[message].exists(m, m == "x")' }`,
      /speaks of message/,
    ],
    ['a condition that is none', 'principals:\n  a: { scopes: [admin], when: type }', /2:\d+ principals\.a\.when/],
    [
      'a URI of two principals',
      "principals:\n  a: { scopes: [admin], certificates: ['urn:x'] }\n  b: { scopes: [admin], certificates: ['urn:x'] }",
      /3:\d+ principals\.b\.certificates\[0\]: stands here twice/,
    ],
    [
      'an issuer that is not there',
      'principals:\n  a: { scopes: [admin], subjects: [{ issuer: x, subject: y }] }',
      /subjects\[0\]\.issuer: is not one of the issuers/,
    ],
    [
      'keys in the clear',
      "issuers:\n  x: { issuer: 'https://x.example', audience: a, keys: 'http://x.example/keys' }",
      /issuers\.x\.keys: .*https/,
    ],
    [
      'a shared secret for signatures',
      "issuers:\n  x: { issuer: 'https://x', audience: a, keys: 'https://x', algorithms: [HS256] }",
      /algorithms\[0\]/,
    ],
    [
      'a serial number that YAML takes for a number',
      'denied_serials: [0123]',
      /1:18 denied_serials\[0\]: is not a text/,
    ],
    ['no YAML', 'principals: [', /YAML/],
  ])('is refused for %s, with line and column', (_, text, told) => {
    expect(refusal(text)).toMatch(told);
  });

  test('never repeats a digest that is not one', () => {
    const text = `principals:\n  a: { scopes: [admin], tokens: [{ id: aaaaaaaaaaa, sha256: hunter2, expires: x }] }`;
    expect(refusal(text)).toMatch(/sha256: is not a digest/);
    expect(refusal(text)).not.toContain('hunter2');
  });
});
