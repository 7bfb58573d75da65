import { expect, test } from '@jest/globals';
import { attackerAddress, attackerNumber, attackLine, attackPost, mostAttackers } from './attackers.ts';

test('each attacker has an address of its own, which tells who it is', () => {
  const addresses = new Set<string>();
  for (let number = 0; number < mostAttackers; number++) {
    expect(attackerNumber(attackerAddress(number))).toBe(number);
    addresses.add(attackerAddress(number));
  }
  expect(addresses.size).toBe(mostAttackers);
});

test.each(['198.19.0.1', '198.18.0', '198.18.0.256', '198.18.00.1', '198.18.0.1.2', 'ip', ''])(
  '%j is no attacker',
  (address) => expect(attackerNumber(address)).toBeUndefined(),
);

test('what others are told of an attack names the same address', () => {
  expect(JSON.parse(attackPost(300, '2026-11-24T07:00:00Z'))).toMatchObject([
    { remediation: true, source: { scope: 'Ip', value: '198.18.1.44' }, start_at: '2026-11-24T07:00:00Z' },
  ]);
  expect(attackLine(300, '2026-11-24T07:00:00Z')).toBe(
    '2026-11-24T07:00:00Z sshd[1]: Failed password for root from 198.18.1.44 port 51022 ssh2\n',
  );
});
