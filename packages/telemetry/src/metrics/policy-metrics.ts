import { createNoopMeter, type Meter } from '@opentelemetry/api';
import type { AlertErrorCode, Instant } from '@therapytrain/alerts-core';
import { createCounter, createObserved } from './instruments.ts';

/** What the policy is like, asked whenever metrics are collected. */
export interface PolicyFigures {
  readonly version: string;
  readonly loadedAt: Instant;
  /** False while the last attempt to change it stands refused. */
  readonly successful: boolean;
}

/** What set an attempt off to put another policy in force. */
export type PolicyCause = 'start' | 'signal' | 'file' | 'call';

/** Counts what becomes of attempts to put another policy in force. */
export interface PolicyMetrics {
  reloaded(cause: PolicyCause, outcome: 'in_force' | 'unchanged' | 'refused', reason?: AlertErrorCode): void;
  /** Has the figures asked for whenever metrics are collected. Called once. */
  watch(figures: () => PolicyFigures): void;
}

/** Versions that were in force before and are still told, as 0. */
const mostVersions = 16;

/** Makes the metrics of the policy in force. */
export const createPolicyMetrics = (meter: Meter): PolicyMetrics => {
  if (meter === createNoopMeter()) return { reloaded: () => {}, watch: () => {} };
  const reloads = createCounter(meter, 'alerts.policy.reloads');
  return {
    reloaded: (cause, outcome, reason) => reloads.add(1, { cause, outcome, ...(reason && { reason }) }),
    watch: (figures) => {
      createObserved(meter, 'alerts.policy.reload.successful').addCallback((result) =>
        result.observe(figures().successful ? 1 : 0),
      );
      createObserved(meter, 'alerts.policy.loaded').addCallback((result) => result.observe(figures().loadedAt / 1_000));
      const before = new Set<string>();
      createObserved(meter, 'alerts.policy.info').addCallback((result) => {
        const { version } = figures();
        // A series that is not observed any more keeps its last value for as long as the process lives.
        for (const each of before) if (each !== version) result.observe(0, { version: each });
        result.observe(1, { version });
        before.delete(version);
        before.add(version);
        const [oldest] = before;
        if (before.size > mostVersions && oldest !== undefined) before.delete(oldest);
      });
    },
  };
};
