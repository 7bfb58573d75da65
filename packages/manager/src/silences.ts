import type { Claim, NewJob, Silence, Store } from '@therapytrain/alerts-core';
import type { Story } from '@therapytrain/alerts-core/channel';
import { reviewJob, type RouteFacts } from './stages/route.ts';
import { silenceEnded, silenceEndJob } from './stages/silence-end.ts';

/** How many incidents of a silence are planned anew in one commit. */
const pageIncidents = 500;

const done = { state: 'done', proof: '' } as const;

/** Works on the ends of silences. */
export interface SilenceEnds {
  /** A silence has ended: what it held back is looked at again, and how much that was is told. */
  end(claim: Claim): Promise<void>;
  /** What a delivery tells of a silence that has ended; undefined where nothing is known of it any more. */
  story(claim: Claim): Promise<Story | undefined>;
}

/** Ties the ends of silences to the store. A crash in between begins again; the jobs of before are merged. */
export const createSilenceEnds = (store: Store, facts: () => RouteFacts): SilenceEnds => {
  const silenceOf = async (id: string): Promise<Silence | undefined> =>
    (await store.silences(0)).find((each) => each.id === id);
  const reviews = async (ids: readonly string[], at: RouteFacts): Promise<readonly NewJob[]> =>
    (await Promise.all(ids.map((id) => store.incident(id))))
      .filter((incident) => incident !== undefined && incident.state !== 'RESOLVED')
      .flatMap((incident) => (incident ? [reviewJob(incident, 'silence', at.now, at)] : []));
  // One that was ended early has reviews that would come at the end it once had.
  const lookAgain = async (silence: string, at: RouteFacts): Promise<void> => {
    for (let after: string | undefined = ''; after !== undefined;) {
      const ids = await store.hiddenIncidents(silence, after, pageIncidents);
      const jobs = await reviews(ids, at);
      if (jobs.length > 0) await store.commit({ jobs });
      after = ids.length < pageIncidents ? undefined : ids.at(-1);
    }
  };
  return {
    end: async (claim) => {
      const at = facts();
      const silence = await silenceOf(claim.job.incident);
      // The clock has jumped back.
      const early = silence && silence.until > at.now;
      if (!silence || early) {
        const jobs = early ? [silenceEndJob(silence, silence.until, at)] : [];
        await store.settle([{ claim, next: done, changes: { jobs } }]);
        return;
      }
      await lookAgain(silence.id, at);
      const [hidden] = await store.hidden([silence.id]);
      await store.settle([{ claim, next: done, changes: silenceEnded(silence, hidden, at) }]);
    },
    story: async ({ job }) => {
      const silence = await silenceOf(job.incident);
      const [hidden] = await store.hidden([job.incident]);
      if (!silence || !hidden) return undefined;
      const { alerts, incidents, severity } = hidden;
      const held = { author: silence.author, alerts, incidents, severity };
      return { event: 'silence_ended', at: facts().now, alerts: [], total: alerts, silence: held };
    },
  };
};
