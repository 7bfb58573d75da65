import { createNoopMeter, type Meter } from '@opentelemetry/api';
import type { Account, Millis } from '@therapytrain/alerts-core';
import { createObserved } from './instruments.ts';

/** What is asked whenever metrics are collected. */
export interface DeliveryFigures {
  /** The accounting of every channel. */
  readonly accounting: () => Promise<readonly Account[]>;
  /** Alerts that are kept and not planned yet. */
  readonly lag: () => number;
  /** The state of each channel's breaker, as its number in the metric. */
  readonly breakers: () => ReadonlyMap<string, number>;
  /** How old the last canary of each channel is. */
  readonly canaryAges: () => ReadonlyMap<string, Millis>;
}

const imbalanceOf = ({ accepted, delivered, suppressed, digested, dead, pending }: Account): number =>
  accepted - delivered - suppressed - digested - dead - pending;

/** Has the gauges of deliveries read from the store itself. A store that is away gives no figures, and no error. */
export const watchDeliveries = (meter: Meter, { accounting, lag, breakers, canaryAges }: DeliveryFigures): void => {
  if (meter === createNoopMeter()) return;
  createObserved(meter, 'alerts.plan.lag').addCallback((result) => result.observe(lag()));
  createObserved(meter, 'alerts.channel.breaker').addCallback((result) => {
    for (const [channel, state] of breakers()) result.observe(state, { channel });
  });
  createObserved(meter, 'alerts.canary.age').addCallback((result) => {
    for (const [channel, age] of canaryAges()) result.observe(age / 1_000, { channel });
  });
  const figures = {
    'alerts.delivery.pending': ({ pending }: Account) => pending,
    'alerts.delivery.dead': ({ dead }: Account) => dead,
    'alerts.accounting.imbalance': imbalanceOf,
  } as const;
  for (const [name, of] of Object.entries(figures)) {
    createObserved(meter, name as keyof typeof figures).addCallback(async (result) => {
      const accounts = await accounting().catch(() => []);
      for (const account of accounts) result.observe(of(account), { channel: account.channel });
    });
  }
};
