import { expect, test } from '@jest/globals';
import type { NewAuditEntry } from '@therapytrain/alerts-core';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';
import { startAccessLog } from '../../src/identity/access-log.ts';

const open = () => {
  const clock = createFakeClock();
  const audit: NewAuditEntry[] = [];
  const log = startAccessLog({
    clock,
    commitment: async (of, value) => `commitment to ${of.length} ${value.length}`,
    record: async (entries) => void audit.push(...entries),
    onFailure: (error) => {
      throw error;
    },
  });
  return { clock, audit, log };
};

test('an attack from many addresses makes a few entries a minute, and all of it is counted', async () => {
  const { clock, audit, log } = open();
  for (let n = 0; n < 50_000; n++)
    log.refused(`2001:db8::${(n % 5_000).toString(16)}`, 'token', n % 2 ? 'unknown' : 'missing');
  for (let n = 0; n < 500; n++) log.refused('192.0.2.1', 'jwt', 'expired');
  expect(audit).toEqual([]);
  await clock.advance(60_000);
  expect(audit.length).toBeLessThanOrEqual(25);
  expect(audit.reduce((sum, { facts }) => sum + Number(facts['times']), 0)).toBe(50_500);
  await clock.advance(600_000);
  expect(audit.length).toBeLessThanOrEqual(25);
  await log.close();
});

test('who is refused most has an entry, in which its address does not stand', async () => {
  const { clock, audit, log } = open();
  for (let n = 0; n < 100; n++) log.refused(`192.0.2.${n}`, 'token', 'unknown');
  for (let n = 0; n < 7; n++) log.refused('198.51.100.1', 'certificate', 'revoked');
  await clock.advance(60_000);
  expect(audit[0]).toEqual({
    ...{ at: epoch + 60_000, actor: 'gateway', action: 'login.refused', subject: 'commitment to 12 12' },
    facts: { credential: 'certificate', why: 'revoked', times: 7 },
  });
  expect(audit.at(-1)).toMatchObject({ subject: 'others', facts: { credential: 'token', why: 'unknown', times: 81 } });
  expect(JSON.stringify(audit)).not.toMatch(/192\.0\.2|198\.51/);
  await log.close();
});
