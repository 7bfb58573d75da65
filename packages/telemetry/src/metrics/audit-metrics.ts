import { createNoopMeter, type Meter } from '@opentelemetry/api';
import type { Millis } from '@therapytrain/alerts-core';
import { createObserved } from './instruments.ts';

/** What the audit log is like at a moment. What is undefined is not told. */
export interface AuditFigures {
  /** How many entries the store has committed. */
  readonly entries: number | undefined;
  /** How many of them no checkpoint covers; undefined in a log that could not be opened. */
  readonly uncovered: number | undefined;
  /** True while it can be written, and is what it was. */
  readonly healthy: boolean;
  /** Since the newest checkpoint of this process; undefined before its first. */
  readonly checkpointAge: Millis | undefined;
  /** Undefined where no witness is asked. */
  readonly witness: { readonly uncosigned: number | undefined; readonly age: Millis } | undefined;
}

/** Has the gauges of the audit log read whenever metrics are collected. `figures` must not reject. */
export const watchAudit = (meter: Meter, figures: () => Promise<AuditFigures>): void => {
  if (meter === createNoopMeter()) return;
  const entries = createObserved(meter, 'alerts.audit.entries');
  const uncovered = createObserved(meter, 'alerts.audit.uncovered');
  const healthy = createObserved(meter, 'alerts.audit.healthy');
  const checkpoint = createObserved(meter, 'alerts.audit.checkpoint.age');
  const uncosigned = createObserved(meter, 'alerts.audit.uncosigned');
  const cosignature = createObserved(meter, 'alerts.audit.cosignature.age');
  const all = [entries, uncovered, healthy, checkpoint, uncosigned, cosignature];
  // All of one look: what is covered is a part of what is there.
  meter.addBatchObservableCallback(async (result) => {
    const now = await figures();
    const seconds = (age: Millis | undefined): number | undefined => (age === undefined ? undefined : age / 1_000);
    const values = [
      ...[now.entries, now.uncovered, now.healthy ? 1 : 0, seconds(now.checkpointAge)],
      ...[now.witness?.uncosigned, seconds(now.witness?.age)],
    ];
    all.forEach((each, at) => {
      const value = values[at];
      if (value !== undefined) result.observe(each, value);
    });
  }, all);
};
