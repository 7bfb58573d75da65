import { describe, expect, test } from '@jest/globals';
import { epoch } from '@therapytrain/alerts-testkit';
import { deskRun } from './support/desk-run.ts';

describe('alertctl tokens', () => {
  test('create asks for what was said and writes the token, and nothing else, to the standard output', async () => {
    const words = ['--scope', 'alerts.write', '--scope', 'alerts.read', '--for', '90d', '--when', 'type == "A"'];
    const { exitCode, out, error, has } = await deskRun({}, ['tokens', 'create', 'ward-7', ...words]);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'ttat_the_whole_token\n' });
    expect(error).toMatch(/shown this once/);
    expect(has.asked).toEqual([
      [
        'createToken',
        {
          ...{ principal: 'ward-7', scopes: ['alerts.write', 'alerts.read'], when: 'type == "A"' },
          expiresAt: epoch + 90 * 86_400_000,
        },
      ],
    ]);
  });

  test.each<[string, string[], RegExp]>([
    ['a scope that is none', ['ward-7', '--scope', 'alerts.delete', '--for', '1d'], /must be one of alerts\.write/],
    ['no scope', ['ward-7', '--for', '1d'], /--scope/],
    ['no end', ['ward-7', '--scope', 'admin'], /--for/],
    ['a name that is no source', ['Ward 7', '--scope', 'admin', '--for', '1d'], /1 to 64/],
  ])('create refuses %s', async (_, words, told) => {
    const { exitCode, error, has } = await deskRun({}, ['tokens', 'create', ...words]);
    expect(exitCode).toBe(2);
    expect(error).toMatch(told);
    expect(has.asked).toEqual([]);
  });

  test('list shows all but the tokens', async () => {
    const { out } = await deskRun({}, ['tokens', 'list']);
    expect(out).toMatch(/aaaaaaaaaaa +ward-7 +ends in .* +never +admin +alerts\.write/);
    expect(out).toMatch(/bbbbbbbbbbb +ward-7 +revoked 1m ago/);
    const { out: json } = await deskRun({}, ['tokens', 'list', '--json']);
    expect(
      json
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { id: 'aaaaaaaaaaa', revokedAt: null, lastUsedAt: null },
      { id: 'bbbbbbbbbbb', revokedAt: '2025-12-31T23:59:00.000Z' },
    ]);
  });

  test('revoke asks first', async () => {
    const no = await deskRun({}, ['tokens', 'revoke', 'aaaaaaaaaaa'], { typed: 'n\n' });
    expect([no.exitCode, no.has.asked]).toEqual([1, []]);
    const yes = await deskRun({}, ['tokens', 'revoke', 'aaaaaaaaaaa', '--yes']);
    expect([yes.exitCode, yes.has.asked]).toEqual([0, [['revokeToken', 'aaaaaaaaaaa']]]);
    const wrong = await deskRun({}, ['tokens', 'revoke', 'ttat_the_whole_token', '--yes']);
    expect([wrong.exitCode, wrong.has.asked]).toEqual([2, []]);
  });
});

test('alertctl whoami says who, how and until when', async () => {
  const { out } = await deskRun({}, ['whoami']);
  expect(out).toMatch(/Principal: +admin\nProved by: +token\nScopes: +admin\nOnly: +everything\nEnds: +2026-01-02/);
  const { out: json } = await deskRun({}, ['whoami', '--json']);
  expect(JSON.parse(json)).toMatchObject({ principal: 'admin', proof: 'token', expiresAt: '2026-01-02T00:00:00.000Z' });
});

test('a token file that is not there, or is empty, is told before anything is asked', async () => {
  const { exitCode, error } = await deskRun({}, ['whoami', '--token-file', '/nowhere/token']);
  expect(exitCode).toBe(2);
  expect(error).toMatch(/--token-file cannot be read: there is no such file/);
});
