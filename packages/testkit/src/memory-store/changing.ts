import {
  AlertError,
  type Changes,
  type Clock,
  type Count,
  type Hidden,
  type DetectionWindow,
  type Incident,
  type NewAuditEntry,
  type NewJob,
  type WindowsLetGo,
} from '@therapytrain/alerts-core';
import { newestPlace } from './questions.ts';
import { createKeepResponses } from './responses.ts';
import { type JobRow, type Rows, windowPlace } from './rows.ts';

/** Applies decisions to rows, within a transaction. */
export interface Changing {
  apply(changes: Changes): void;
  /** The job that waits in a slot. */
  inSlot(slot: string): JobRow | undefined;
  /** Adds to the accounting; a replayed job takes its dead pairs back. */
  count(count: Count): void;
}

/** A job is in its slot until it is claimed for the first time. */
const isInSlot = ({ state, claims }: JobRow): boolean => state === 'waiting' && claims === 0;

const conflict = (): AlertError => new AlertError('CONFLICT', 'an incident has changed since it was read');

const byTouch = (one: DetectionWindow, other: DetectionWindow): number =>
  one.touched - other.touched || (one.group < other.group ? -1 : 1);

const createHide =
  (rows: Rows) =>
  (each: Hidden): void => {
    const key = JSON.stringify([each.silence, each.incident]);
    const before = rows.hidden.get(key) ?? { ...each, alerts: 0 };
    rows.hidden.put(key, {
      ...before,
      alerts: before.alerts + each.alerts,
      severity: before.severity > each.severity ? before.severity : each.severity,
      channels: [...new Set([...before.channels, ...each.channels])],
    });
  };

const createLetGo =
  (rows: Rows) =>
  ({ expiredBefore, oldest }: WindowsLetGo): void => {
    const drop = (gone: readonly DetectionWindow[]): void =>
      gone.forEach((each) => rows.windows.remove(windowPlace(each)));
    drop(rows.windows.all().filter(({ expires }) => expires < expiredBefore));
    for (const { detection, count: many } of oldest) {
      const own = rows.windows.all().filter((each) => each.detection === detection);
      drop(own.sort(byTouch).slice(0, many));
    }
  };

/** Makes what applies decisions; `clock` tells when jobs are made and cancelled. */
export const createChanging = (rows: Rows, clock: Pick<Clock, 'now'>): Changing => {
  const save = (incident: Incident): void => {
    if ((rows.incidents.get(incident.id)?.version ?? 0) !== incident.version - 1) throw conflict();
    rows.incidents.put(incident.id, incident);
    rows.places.put(incident.id, newestPlace(rows) + 1);
  };
  const openOf = (key: string): readonly Incident[] =>
    rows.incidents.all().filter((each) => each.key === key && each.state !== 'RESOLVED');
  const inSlot = (slot: string): JobRow | undefined =>
    rows.jobs.all().find((each) => each.slot === slot && isInSlot(each));

  const count = ({ channel, state, pairs }: Count): void => {
    const before = rows.counts.get(channel) ?? { accepted: 0, delivered: 0, suppressed: 0, digested: 0, dead: 0 };
    rows.counts.put(channel, { ...before, [state]: before[state] + pairs });
  };
  const cancel = (slot: string): void => {
    const job = inSlot(slot);
    if (!job) return;
    rows.jobs.put(job.id, { ...job, state: 'cancelled', settledAt: clock.now() });
    if (job.kind === 'delivery') count({ channel: job.target, state: 'suppressed', pairs: job.pairs });
  };
  const schedule = (job: NewJob): void => {
    if (rows.jobs.get(job.id)) throw new AlertError('DEFECT', 'the id of a job was used before');
    const first = inSlot(job.slot);
    if (!first) return rows.jobs.put(job.id, freshRow(job, clock));
    rows.jobs.put(first.id, {
      ...first,
      due: Math.min(first.due, job.due),
      severity: first.severity > job.severity ? first.severity : job.severity,
      pairs: first.pairs + job.pairs,
    });
  };
  const hide = createHide(rows);
  const letGo = createLetGo(rows);
  const keepResponses = createKeepResponses(rows);
  const note = (entry: NewAuditEntry): void => rows.addEntry({ ...entry, sequence: rows.audit().length + 1 });

  return {
    inSlot,
    count,
    apply: ({
      incidents = [],
      cancel: slots = [],
      jobs = [],
      silences = [],
      hidden = [],
      counts = [],
      audit = [],
      ...rest
    }) => {
      if (rest.request !== undefined && rows.requests.get(rest.request) !== undefined) return;
      if (rest.request !== undefined) rows.requests.put(rest.request, clock.now());
      incidents.forEach(save);
      if (incidents.some(({ key }) => openOf(key).length > 1)) throw conflict();
      // Before the new ones, which may be planned for the same slots.
      slots.forEach(cancel);
      jobs.forEach(schedule);
      for (const silence of silences) rows.silences.put(silence.id, silence);
      hidden.forEach(hide);
      counts.forEach(count);
      audit.forEach(note);
      for (const window of rest.windows ?? []) rows.windows.put(windowPlace(window), window);
      if (rest.letGo) letGo(rest.letGo);
      keepResponses(rest);
      for (const each of rest.subjectKeys ?? []) if (!rows.subjects.get(each.id)) rows.subjects.put(each.id, each);
      for (const id of rest.erase ?? []) rows.subjects.remove(id);
      if (rest.cursor === undefined) return;
      if (rest.cursor < rows.cursor()) throw new AlertError('DEFECT', 'the cursor must not go back');
      rows.moveCursor(rest.cursor);
    },
  };
};

const freshRow = (job: NewJob, clock: Pick<Clock, 'now'>): JobRow => ({
  ...job,
  state: 'waiting',
  attempts: 0,
  createdAt: clock.now(),
  progress: undefined,
  doubtful: false,
  lastReason: '',
  settledAt: undefined,
  proof: '',
  detail: '',
  claims: 0,
  claimedUntil: 0,
});
