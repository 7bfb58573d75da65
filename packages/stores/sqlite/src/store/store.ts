import type { Worker } from 'node:worker_threads';
import { type AlertError, type Clock, type Store, systemClock } from '@therapytrain/alerts-core';
import { prepareFile } from '../directory.ts';
import { messageOf } from '../faults.ts';
import { endProcess } from '../log.ts';
import { broken, unopened } from '../refusals.ts';
import { ended, opened, startThread } from '../threads.ts';
import { type Asking, createAsking } from './asking.ts';
import type { StoreRequest, StoreThreadOptions } from './messages.ts';
import { nameOf, packChanges, packSettled } from './pack-changes.ts';
import {
  toClaim,
  toDecisions,
  toDelivery,
  toEntry,
  toIncident,
  toKeptDecision,
  toResponse,
  toSilence,
} from './rows.ts';

/** How to open a store. */
export interface SqliteStoreOptions {
  /** Where the database lies, beside that of the log. Made if it is not there. */
  readonly directory: string;
  /** When a job is made and when it ends goes by this. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>;
  /**
   * Called once, when the disk failed a commit or a checkpoint, or the store's thread died. What was acknowledged is
   * safe, but nothing more can be kept by this process, and it should end: the default says why on the standard error
   * stream and exits with 74 (EX_IOERR of sysexits.h). The next start recovers.
   */
  readonly onFatal?: (error: AlertError) => void;
}

/**
 * Opens the store of a directory. Rejects with `STORE_LOCKED` if it is open already, in this process or another, with
 * `DISK_FULL` or `STORE_UNAVAILABLE` if it cannot be opened. The database is in WAL mode with `synchronous=FULL`; a
 * thread of its own reads and writes it, and calls of the same moment share a commit.
 */
export const openSqliteStore = async ({
  directory,
  clock = systemClock,
  onFatal = endProcess,
}: SqliteStoreOptions): Promise<Store> => {
  const thread = startThread({ database: prepare(directory) } satisfies StoreThreadOptions, './store/thread');
  await opened(thread, directory, 'store');
  let fatal = false;
  let closing: Promise<void> | undefined;
  const die = (what: string, cause: unknown): void => {
    if (fatal) return;
    fatal = true;
    const error = broken(what, cause);
    asking.fail(error);
    onFatal(error);
  };
  const asking = createAsking(thread, (cause) => die('the disk of the store failed', cause));
  thread.on('error', (cause: unknown) => die('the thread of the store failed', cause));
  thread.on('exit', () => {
    if (!closing) die('the thread of the store failed', 'it ended');
  });
  return {
    ...createReads(asking),
    ...createDecisionReads(asking),
    ...createWrites(asking, clock),
    close: () => (closing ??= close(thread, asking)),
  };
};

const prepare = (directory: string): string => {
  try {
    return prepareFile(directory, 'plan.db');
  } catch (error) {
    throw unopened(directory, { why: 'other', message: messageOf(error) }, 'store');
  }
};

// What comes from another thread is copied into objects of this one, also where a test runner makes realms of its own.
type Deciding = 'putDecision' | 'endDecision' | 'noteEnforcer';
type Writing = 'commit' | 'claim' | 'renew' | 'settle' | 'replay' | 'rebase' | 'prune' | Deciding;
type AboutDecisions =
  'decision' | 'decisions' | 'decisionCounts' | 'changedDecisions' | 'newestDecisionChange' | 'enforcers';

const createReads = ({ ask }: Asking): Omit<Store, Writing | AboutDecisions | 'close'> => ({
  cursor: () => ask('cursor'),
  incidentsOf: async (keys, since) => Array.from(await ask('incidentsOf', [...new Set(keys)], since), toIncident),
  incident: async (id) => {
    const json = await ask('incident', id);
    return json === undefined ? undefined : toIncident(json);
  },
  incidents: async (query) => Array.from(await ask('incidents', query), toIncident),
  changedIncidents: async (after, limit) => {
    const rows = Array.from(await ask('changedIncidents', after, limit));
    return { incidents: rows.map(({ json }) => toIncident(json)), cursor: rows.at(-1)?.place ?? after };
  },
  newestChange: () => ask('newestChange'),
  silences: async (now) => Array.from(await ask('silences', now), toSilence),
  hidden: async (silences) =>
    Array.from(await ask('hidden', [...new Set(silences)]), ({ channels, ...total }) => ({
      ...total,
      channels: [...channels],
    })),
  hiddenIncidents: async (silence, after, limit) => [...(await ask('hiddenIncidents', silence, after, limit))],
  nextDue: () => ask('nextDue'),
  applied: (request) => ask('applied', request),
  ref: (incident, channel) => ask('ref', incident, channel),
  deliveries: async (query) => Array.from(await ask('deliveries', query), toDelivery),
  accounting: async () => Array.from(await ask('accounting'), (account) => ({ ...account })),
  audit: async (after, limit) => Array.from(await ask('audit', after, limit), toEntry),
  findAudit: async (query) => Array.from(await ask('findAudit', query), toEntry),
  subjectKeys: async (ids) =>
    Array.from(await ask('subjectKeys', [...new Set(ids)]), ({ id, key }) => ({ id, key: Uint8Array.from(key) })),
  windows: async (keys) => Array.from(await ask('windows', keys), (window) => ({ ...window })),
  response: async (id) => {
    const json = await ask('response', id);
    return json === undefined ? undefined : toResponse(json);
  },
  responses: async (query) => Array.from(await ask('responses', query), toResponse),
  responseFacts: async (query) => {
    const { killSwitch, trips, ofTargets, uses } = await ask('responseFacts', query);
    return {
      killSwitch: { ...killSwitch },
      trips: Array.from(trips, (trip) => ({ ...trip })),
      ofTargets: Array.from(ofTargets, toResponse),
      uses: Array.from(uses, toResponse),
    };
  },
  killSwitch: async () => ({ ...(await ask('killSwitch')) }),
  windowCounts: async () => Array.from(await ask('windowCounts'), (count) => ({ ...count })),
});

const createDecisionReads = ({ ask }: Asking): Pick<Store, AboutDecisions> => ({
  decision: async (id) => {
    const row = await ask('decision', id);
    return row && toKeptDecision(row);
  },
  decisions: async (query) => toDecisions(await ask('decisions', query)),
  decisionCounts: async (at) => Array.from(await ask('decisionCounts', at), (count) => ({ ...count })),
  changedDecisions: async (after, limit) => {
    const { rows, letGo } = await ask('changedDecisions', after, limit);
    const decisions = Array.from(rows, toKeptDecision);
    return { decisions, cursor: decisions.at(-1)?.place ?? after, isIncomplete: after < letGo };
  },
  newestDecisionChange: () => ask('newestDecisionChange'),
  enforcers: async () =>
    Array.from(await ask('enforcers'), ({ kinds, ...enforcer }) => ({ ...enforcer, kinds: [...kinds] })),
});

const createWrites = ({ ask }: Asking, clock: Pick<Clock, 'now'>): Pick<Store, Writing> => ({
  commit: async (changes) => ask('commit', packChanges(changes), clock.now()),
  claim: async (by) => Array.from(await ask('claim', by), toClaim),
  renew: async (claims, until) => [...(await ask('renew', claims.map(nameOf), until))],
  settle: async (settled) => [...(await ask('settle', settled.map(packSettled), clock.now()))],
  replay: async (ids, due) => Array.from(await ask('replay', [...new Set(ids)], due), toDelivery),
  rebase: (by) => ask('rebase', by),
  prune: (by) => ask('prune', by),
  putDecision: (decision, fence) => {
    const { id, kind, until } = decision;
    return ask('putDecision', { id, kind, until, json: JSON.stringify(decision) }, fence);
  },
  endDecision: (id, fence, at) => ask('endDecision', id, fence, at),
  noteEnforcer: (enforcer) => ask('noteEnforcer', enforcer),
});

/** Waits for the calls that were made, and ends the thread. */
const close = async (thread: Worker, asking: Asking): Promise<void> => {
  await asking.finish();
  const gone = ended(thread);
  thread.postMessage('close' satisfies StoreRequest);
  await gone;
};
