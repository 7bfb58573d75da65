import { type AlertLog, type AlertSeverity, decodeAlert, type Job, type Store } from '@therapytrain/alerts-core';
import type { Story } from '@therapytrain/alerts-core/channel';
import { keptAt } from './kept-at.ts';
import { digestToldBy } from './stages/limit.ts';

const page = 1_000;
/** As many as a notice shows. */
const shown = 10;

interface Told {
  readonly incident: string;
  readonly severity: AlertSeverity;
}

/** What a digest reads. */
export interface DigestParts {
  readonly store: Pick<Store, 'deliveries' | 'incident'>;
  readonly log: Pick<AlertLog, 'read'>;
}

/** The incidents that a digest tells of, the most severe first, then the newest. */
const toldBy = async (digest: string, { store }: DigestParts): Promise<readonly Told[]> => {
  const incidents = new Map<string, AlertSeverity>();
  for (let before: string | undefined; ;) {
    const found = await store.deliveries({ digest, limit: page, ...(before !== undefined && { before }) });
    for (const { incident, severity } of found) {
      incidents.set(incident, Math.max(severity, incidents.get(incident) ?? severity) as AlertSeverity);
    }
    before = found.at(-1)?.id;
    if (found.length < page) break;
  }
  return [...incidents]
    .map(([incident, severity]) => ({ incident, severity }))
    .sort((one, other) => other.severity - one.severity || (one.incident < other.incident ? 1 : -1));
};

/**
 * What a digest has to tell: how many alerts of how many incidents of each severity, and the newest alert of each of the
 * most severe. What the log no longer has is counted, and not shown.
 */
export const digestStory = async (job: Job, now: number, parts: DigestParts): Promise<Story> => {
  const told = await toldBy(digestToldBy(job), parts);
  const incidents = await Promise.all(told.slice(0, shown).map(({ incident }) => parts.store.incident(incident)));
  const kept = await Promise.all(
    incidents
      .map((incident) => incident?.newest[0])
      .map((at) => (at === undefined ? undefined : keptAt(at, parts.log))),
  );
  return {
    event: 'digest',
    at: now,
    alerts: kept.filter((each) => each !== undefined).map(({ encoded }) => decodeAlert(encoded)),
    total: job.pairs,
    incidents: told.map(({ severity }) => severity),
  };
};
