import type { Incident, Job } from '@therapytrain/alerts-core';
import type { IncidentState, NoticeEvent } from '@therapytrain/alerts-core/channel';

/** In which states of its incident each event is still to be told. One that is not here is told always. */
const toldIn: Readonly<Partial<Record<NoticeEvent, readonly IncidentState[]>>> = {
  opened: ['OPEN', 'ACKNOWLEDGED'],
  updated: ['OPEN', 'ACKNOWLEDGED'],
  reminded: ['OPEN'],
  escalated: ['OPEN'],
  acknowledged: ['ACKNOWLEDGED'],
  resolved: ['RESOLVED'],
};

/**
 * True where a delivery that is tried late would tell what is not so any more: each change of state is told to everybody
 * who was told before, so a delivery of its own tells what is so now. Pure.
 */
export const isSuperseded = ({ event }: Pick<Job, 'event'>, { state }: Pick<Incident, 'state'>): boolean =>
  !(toldIn[event]?.includes(state) ?? true);
