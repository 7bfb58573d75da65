import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { type Incident, severities, severityName, type Store } from '@therapytrain/alerts-core';
import { type Cell, createObserved, createTally } from './instruments.ts';

/** What is asked whenever metrics are collected. */
export interface IncidentFigures {
  /** The incidents that are overdue now. */
  readonly overdue: () => Promise<readonly Pick<Incident, 'severity'>[]>;
}

/** Has the gauge of what is overdue read from the store itself. While the store is away it
 * stays as it was. */
export const watchIncidents = (meter: Meter, { overdue }: IncidentFigures): void => {
  if (meter === createNoopMeter()) return;
  createObserved(meter, 'alerts.incidents.overdue').addCallback(async (result) => {
    const incidents = await overdue().catch(() => undefined);
    for (const severity of incidents ? severities : []) {
      const count = incidents?.filter((each) => each.severity === severity).length ?? 0;
      result.observe(count, { severity: severityName(severity) });
    }
  });
};

/** Counts rows that followed from alerts and were let go. */
export const countRows = (meter: Meter): ((rows: number) => void) => {
  if (meter === createNoopMeter()) return () => undefined;
  const rows = createTally(meter, 'alerts.retention.pruned')();
  return (count) => void (rows.value += count);
};

/** A store that counts response times that ran out, each as it is settled. */
export const countBreaches = (store: Store, meter: Meter): Store => {
  if (meter === createNoopMeter()) return store;
  const cell = createTally(meter, 'alerts.incidents.breached');
  const cells = new Map<string, Cell>(
    severities.map((each) => [severityName(each), cell({ severity: severityName(each) })]),
  );
  return {
    ...store,
    settle: async (settled) => {
      const results = await store.settle(settled);
      for (const [at, { changes }] of settled.entries()) {
        const breaches = (results[at] ? changes?.audit : undefined)?.filter(
          ({ action }) => action === 'incident.overdue',
        );
        for (const { facts } of breaches ?? []) {
          const counted = cells.get(String(facts['severity']));
          if (counted) counted.value++;
        }
      }
      return results;
    },
  };
};
