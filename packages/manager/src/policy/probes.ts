import { type AlertFacts, type AlertSeverity, severities } from '@therapytrain/alerts-core';
import { matchedRoutes } from './matching.ts';
import type { ChannelSettings, Policy } from './policy.ts';

/** An alert of a type and a severity of which nothing else is known. */
export const probe = (type: string, severity: AlertSeverity): AlertFacts => ({
  type,
  severity,
  message: '',
  source: '',
  metadata: {},
  fingerprint: '',
  dedupKey: '',
  occurredAt: 0,
  receivedAt: 0,
});

/** The severities, most severe first: what is told first is what matters most. */
export const worstFirst: readonly AlertSeverity[] = severities.toReversed();

/** The channels that these receivers name, each once. */
export const channelsOf = (policy: Policy, receivers: readonly string[]): readonly ChannelSettings[] => [
  ...new Set(
    receivers
      .flatMap((each) => policy.receivers.get(each)?.channels ?? [])
      .flatMap((each) => policy.channels.get(each) ?? []),
  ),
];

/** The channels that an alert reaches, each once. */
export const reachedBy = (policy: Policy, facts: AlertFacts): readonly ChannelSettings[] =>
  channelsOf(
    policy,
    matchedRoutes(policy, facts).flatMap(({ receivers }) => receivers),
  );
