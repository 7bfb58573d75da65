import type {
  Changes,
  Claim,
  Count,
  Incident,
  NewAuditEntry,
  NewJob,
  Response,
  ResponseState,
  Settled,
  Silence,
} from '@therapytrain/alerts-core';
import { standingStates } from '@therapytrain/alerts-core/store';
import {
  type ClaimName,
  type IncidentRow,
  type NewEntryRow,
  type NewJobRow,
  type PackedChanges,
  type PackedSettled,
  type ResponseRow,
  type SilenceRow,
  targetText,
} from './rows.ts';
import { never } from './schema.ts';

const packIncident = (incident: Incident): IncidentRow => {
  const { id, key, version, state, resolvedAt, updatedAt, acknowledgeBy = null } = incident;
  const ended = state === 'RESOLVED' ? (resolvedAt ?? updatedAt) : never;
  return [id, key, version, state, ended, JSON.stringify(incident), state === 'OPEN' ? acknowledgeBy : null];
};

const packJob = (job: NewJob): NewJobRow => {
  const { id, kind, incident, target, event, severity, due, slot, pairs, policy } = job;
  const { insteadOf = null, response = null } = job;
  return [id, kind, incident, target, event, severity, due, slot, pairs, policy, insteadOf, response];
};

const packEntry = ({ at, actor, action, subject, facts }: NewAuditEntry): NewEntryRow => [
  at,
  actor,
  action,
  subject,
  JSON.stringify(facts),
];

// A batch of alerts adds to the same few accounts again and again.
const packCounts = (counts: readonly Count[]): readonly Count[] => {
  if (counts.length < 2) return counts;
  const sums = new Map<string, Map<string, Count>>();
  for (const count of counts) {
    const { channel, state, pairs } = count;
    const ofChannel = sums.get(channel) ?? new Map<string, Count>();
    const before = ofChannel.get(state);
    sums.set(channel, ofChannel.set(state, before ? { channel, state, pairs: before.pairs + pairs } : count));
  }
  return [...sums.values()].flatMap((each) => [...each.values()]);
};

const packSilence = (silence: Silence): SilenceRow => ({
  id: silence.id,
  until: silence.until,
  json: JSON.stringify(silence),
});

const packResponse = (response: Response): ResponseRow => {
  const { id, version, state, mode, playbook, incident, source, origin, target, createdAt, updatedAt } = response;
  return {
    ...{ id, version, state, mode, playbook, incident, source, origin },
    stands: (standingStates as readonly ResponseState[]).includes(state) ? 1 : 0,
    target: targetText(target),
    ofUser: target.kind === 'address' ? 0 : 1,
    created: createdAt,
    updated: updatedAt,
    json: JSON.stringify(response),
  };
};

/** Makes a decision ready for the store's thread. */
export const packChanges = (changes: Changes): PackedChanges => ({
  incidents: (changes.incidents ?? []).map(packIncident),
  cancel: changes.cancel ?? [],
  jobs: (changes.jobs ?? []).map(packJob),
  silences: (changes.silences ?? []).map(packSilence),
  hidden: changes.hidden ?? [],
  counts: packCounts(changes.counts ?? []),
  audit: (changes.audit ?? []).map(packEntry),
  cursor: changes.cursor,
  request: changes.request,
  windows: changes.windows ?? [],
  letGo: changes.letGo,
  responses: (changes.responses ?? []).map(packResponse),
  trips: changes.trips ?? [],
  killSwitch: changes.killSwitch,
  subjectKeys: changes.subjectKeys ?? [],
  erase: changes.erase ?? [],
});

/** What names a claim, without its job. */
export const nameOf = ({ job, token }: Claim): ClaimName => ({ job: job.id, token });

/** Makes a settlement ready for the store's thread. */
export const packSettled = ({ claim, next, stoodIn, changes }: Settled): PackedSettled => ({
  ...nameOf(claim),
  next,
  stoodIn: stoodIn === true,
  changes: changes && packChanges(changes),
});
