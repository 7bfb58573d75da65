import { expect, test } from '@jest/globals';
import { defineResponder } from '@therapytrain/alerts-core/responder';
import { createPolicy, policySchema } from '@therapytrain/alerts-manager';
import { z } from 'zod';
import { createPaint } from '../src/output/paint.ts';
import { policyTree } from '../src/policy/tree.ts';

const none = z.strictObject({});
const block = defineResponder({
  ...{ kind: 'block-address', target: 'address', idempotent: true, reversible: true, options: none, args: none },
  create: () => {
    throw new Error('no responder is built here');
  },
});

test('a policy is shown with what it does, how much of it unasked, and how much is protected', () => {
  const settings = policySchema.parse({
    responders: { block: { kind: 'block-address', budget: { targets: 3 } } },
    playbooks: [
      {
        name: 'attack',
        when: 'type == "BRUTE_FORCE"',
        mode: 'enforce',
        steps: [{ responder: 'block', target: 'ipAddress', for: ['5m', '1h'] }],
      },
    ],
    guardrails: { protect: { addresses: ['10.0.0.0/8'], users: ['anna.berg', 'robin.roe'] } },
  });
  const policy = createPolicy(settings, new Map(), { kinds: new Map([['block-address', block]]) });
  const lines = policyTree(policy, createPaint(false)).map((line) => line.trimEnd());
  expect(lines).toEqual([
    'No routes: alerts are kept, and nobody is told.',
    '',
    'PLAYBOOK  MODE     DOES                             WHEN                   UNASKED',
    'attack    enforce  block ipAddress for 5m, then 1h  type == "BRUTE_FORCE"  10 in 1h',
    '',
    'RESPONDER  KIND           UNASKED',
    'block      block-address  3 in 1h',
    '',
    'Protected are 1 address or range, 2 users and the last of 0 groups',
  ]);
  expect(policyTree(createPolicy(policySchema.parse({})), createPaint(false))).toHaveLength(1);
});
