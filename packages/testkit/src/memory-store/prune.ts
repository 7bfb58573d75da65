import type { Instant } from '@therapytrain/alerts-core';
import { stands } from './responses.ts';
import { overAt } from './decisions.ts';
import type { JobRow, Rows } from './rows.ts';

interface By {
  readonly before: Instant;
  readonly limit: number;
}

const byId = (one: { readonly id: string }, other: { readonly id: string }): number => (one.id < other.id ? -1 : 1);

const isUnderWay = ({ state }: JobRow): boolean => state === 'waiting' || state === 'claimed';

const isOver = (job: JobRow, before: Instant, rows: Rows): boolean => {
  const digest = job.digest === undefined ? undefined : rows.jobs.get(job.digest);
  const isTold = digest === undefined || !isUnderWay(digest);
  return !isUnderWay(job) && isTold && job.settledAt !== undefined && job.settledAt < before;
};

const pruneSilences = (rows: Rows, { before, limit }: By, isBusy: (id: string) => boolean): number => {
  const over = rows.silences.all().filter(({ id, until }) => until < before && !isBusy(id));
  let count = 0;
  for (const { id } of over.sort(byId).slice(0, limit)) {
    if (count >= limit) break;
    const hidden = rows.hidden.all().filter(({ silence }) => silence === id);
    const going = hidden.sort((one, other) => (one.incident < other.incident ? -1 : 1)).slice(0, limit - count);
    for (const { incident } of going) rows.hidden.remove(JSON.stringify([id, incident]));
    count += going.length;
    if (going.length < hidden.length) break;
    rows.silences.remove(id);
    count++;
  }
  return count;
};

const pruneResponses = (rows: Rows, { before, limit }: By): number => {
  const isBusy = (id: string): boolean => rows.jobs.all().some(({ response }) => response === id);
  const over = rows.responses.all().filter((each) => !stands(each) && each.updatedAt < before && !isBusy(each.id));
  const responses = over.sort(byId).slice(0, limit);
  for (const { id } of responses) rows.responses.remove(id);
  const ended = rows.trips.all().filter(({ until }) => until < before);
  const trips = ended.sort((one, other) => (one.scope < other.scope ? -1 : 1)).slice(0, limit);
  for (const { scope } of trips) rows.trips.remove(scope);
  return responses.length + trips.length;
};

const pruneDecisions = (rows: Rows, { before, limit }: By): number => {
  const over = rows.decisions.keys().flatMap((id) => {
    const row = rows.decisions.get(id);
    return row && overAt(row) < before ? [{ id, place: row.place, over: overAt(row) }] : [];
  });
  const going = over.sort((one, other) => one.over - other.over || byId(one, other)).slice(0, limit);
  for (const { id, place } of going) {
    rows.decisions.remove(id);
    rows.noteDecisionsLetGo(Math.max(rows.decisionsLetGo(), place));
  }
  const quiet = rows.enforcers.all().filter(({ at }) => at < before);
  quiet.sort((one, other) => one.at - other.at || (one.name < other.name ? -1 : 1));
  for (const { name } of quiet.slice(0, limit)) rows.enforcers.remove(name);
  return going.length + Math.min(quiet.length, limit);
};

/** Lets go of what is over, within a transaction. Gives how many rows went. */
export const createPrune =
  (rows: Rows) =>
  (by: By): number => {
    const { before, limit } = by;
    const isBusy = (id: string): boolean => rows.jobs.all().some(({ incident }) => incident === id);
    const jobs = rows.jobs.all().filter((each) => isOver(each, before, rows));
    const ended = jobs.sort(byId).slice(0, limit);
    for (const { id } of ended) rows.jobs.remove(id);
    const resolved = rows.incidents
      .all()
      .filter((each) => each.state === 'RESOLVED' && (each.resolvedAt ?? each.updatedAt) < before && !isBusy(each.id))
      .sort(byId)
      .slice(0, limit);
    for (const { id } of resolved) rows.incidents.remove(id);
    const silences = pruneSilences(rows, by, isBusy);
    const responses = pruneResponses(rows, by);
    const requests = rows.requests
      .keys()
      .map((id) => ({ id, at: rows.requests.get(id) ?? 0 }))
      .filter(({ at }) => at < before)
      .sort((one, other) => one.at - other.at || byId(one, other))
      .slice(0, limit);
    for (const { id } of requests) rows.requests.remove(id);
    const refs = rows.refs.keys().filter((place) => {
      const [incident] = JSON.parse(place) as [string];
      return resolved.some(({ id }) => id === incident);
    });
    for (const place of refs) rows.refs.remove(place);
    return ended.length + resolved.length + silences + responses + requests.length + pruneDecisions(rows, by);
  };
