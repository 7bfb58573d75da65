import type { ResponseAttempt, Step } from '@therapytrain/alerts-core/responder';

/** A moment: 2025-11-24T16:00:00Z. */
export const from = 1_764_000_000_000;

/** A step on an address, for an hour, unless more is said. */
export const stepOf = (more: Partial<Step> = {}): Step => ({
  id: '0199a000-0000-7000-8000-00000000000b',
  target: { kind: 'address', value: '203.0.113.7', resource: '' },
  args: {},
  from,
  until: from + 3_600_000,
  severity: 3,
  playbook: 'block-brute-force',
  incident: '0199a000-0000-7000-8000-00000000000c',
  ...more,
});

/** One attempt at it. */
export const attempt: ResponseAttempt = { key: 'k.respond', number: 1, fence: 1, signal: new AbortController().signal };
