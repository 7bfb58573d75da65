import {
  AlertError,
  type AlertLog,
  type AppendResult,
  type KeptAlert,
  sameContent,
  type StampedAlert,
  withSequence,
} from '@therapytrain/alerts-core';
import { type OpenLog, testPorts } from '@therapytrain/alerts-testkit';

interface Row extends KeptAlert {
  readonly id: string;
  readonly receivedAt: number;
}

interface Report {
  readonly alertId: string;
  readonly sequence: number;
  readonly encoded: Uint8Array;
}

/** What outlives a log of this file: its rows, the reports it knows, and where it ended. */
export interface Disk {
  readonly rows: readonly Row[];
  readonly reports: ReadonlyMap<string, Report>;
  readonly newest: number;
  readonly newestId: string | undefined;
}

/** A disk with nothing on it. */
export const emptyDisk: Disk = { rows: [], reports: new Map(), newest: 0, newestId: undefined };

/** The plainest log there is: arrays, and a commit in the next turn of the event loop. */
export const createArrayLog = (disk: Disk, save: (disk: Disk) => void): AlertLog => {
  let rows = [...disk.rows];
  let { newest, newestId } = disk;
  let lastId = newestId;
  let closed = false;
  const reports = new Map(disk.reports);
  const followers = new Set<(kept: readonly KeptAlert[]) => void>();
  const oldest = (): number => (rows[0]?.sequence ?? newest + 1) - 1;
  const bytes = (): number => rows.reduce((sum, { encoded }) => sum + encoded.length, 0);
  const assertOpen = (): void => {
    if (closed) throw new AlertError('CLOSED', 'the log is closed');
  };
  const keepOne = ({ alert, requestId, encoded }: StampedAlert, added: KeptAlert[]): AppendResult => {
    const key = requestId && `${alert.source} ${requestId.toLowerCase()}`;
    const known = key && reports.get(key);
    if (known) {
      if (!sameContent(known.encoded, encoded)) return new AlertError('REQUEST_ID_REUSED', 'another content');
      return { alertId: known.alertId, sequence: known.sequence, duplicate: true };
    }
    const sequence = ++newest;
    newestId = alert.id;
    const row = { sequence, encoded: withSequence(encoded, sequence), id: alert.id, receivedAt: alert.receivedAt };
    rows.push(row);
    added.push({ sequence, encoded: row.encoded });
    if (key) reports.set(key, { alertId: alert.id, sequence, encoded });
    return { alertId: alert.id, sequence, duplicate: false };
  };
  const commit = (alerts: readonly StampedAlert[]): readonly AppendResult[] => {
    const added: KeptAlert[] = [];
    const results = alerts.map((each) => keepOne(each, added));
    save({ rows: [...rows], reports: new Map(reports), newest, newestId });
    if (added.length > 0) for (const listener of followers) listener(added);
    return results;
  };
  const bare = (each: readonly Row[]): KeptAlert[] => each.map(({ sequence, encoded }) => ({ sequence, encoded }));
  let pending: Promise<unknown> = Promise.resolve();
  return {
    append: async (alerts) => {
      assertOpen();
      for (const { alert } of alerts) {
        if (lastId !== undefined && alert.id <= lastId) throw new AlertError('DEFECT', 'ids must ascend');
      }
      const ids = alerts.map(({ alert }) => alert.id);
      if (ids.some((id, at) => id <= (ids[at - 1] ?? ''))) throw new AlertError('DEFECT', 'ids must ascend');
      lastId = ids.at(-1) ?? lastId;
      const turn = pending.then(() => new Promise(setImmediate)).then(() => commit(alerts));
      pending = turn;
      return turn;
    },
    read: async (after, limit) => {
      assertOpen();
      if (after < oldest()) throw new AlertError('CURSOR_EXPIRED', 'past their retention');
      const alerts = bare(rows.filter(({ sequence }) => sequence > after).slice(0, limit));
      return { alerts, cursor: alerts.at(-1)?.sequence ?? after };
    },
    readBack: async (upTo, limit) => {
      assertOpen();
      const back = rows.filter(({ sequence }) => sequence <= upTo).reverse();
      const alerts = bare(back.slice(0, limit));
      return { alerts, cursor: alerts.length > 0 ? (alerts.at(-1)?.sequence ?? 1) - 1 : upTo };
    },
    find: async (alertId) => {
      assertOpen();
      return bare(rows.filter(({ id }) => id === alertId))[0];
    },
    seek: async (since) => {
      assertOpen();
      return (rows.find(({ receivedAt }) => receivedAt >= since)?.sequence ?? newest + 1) - 1;
    },
    bounds: () => ({ oldest: oldest(), newest, newestId, bytes: bytes() }),
    follow: (listener) => {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    retain: async ({ before = 0, maxBytes = Number.MAX_SAFE_INTEGER }) => {
      assertOpen();
      const count = rows.length;
      const young = rows.findIndex(({ receivedAt }) => receivedAt >= before);
      rows = young < 0 ? [] : rows.slice(young);
      while (rows.length > 0 && bytes() > maxBytes) rows.shift();
      save({ rows: [...rows], reports: new Map(reports), newest, newestId });
      return count - rows.length;
    },
    close: async () => {
      closed = true;
      await pending;
    },
  };
};

/** A change to a log: the contract must see through each that breaks a promise. */
export type Flaw = (log: AlertLog) => AlertLog;

/** Opens logs over arrays, with a flaw. `forgetful` ones write nothing down before they are closed. */
export const openArrayLog =
  (flaw: Flaw = (log) => log, forgetful = false): OpenLog =>
  async () => {
    let disk = emptyDisk;
    let unsaved = emptyDisk;
    const create = (): AlertLog =>
      flaw(
        createArrayLog(disk, (next) => {
          unsaved = next;
          if (!forgetful) disk = next;
        }),
      );
    let log = create();
    return {
      log,
      ports: testPorts(),
      reopen: async () => {
        await log.close();
        disk = unsaved;
        log = create();
        return log;
      },
      crash: async () => {
        log = create();
        return log;
      },
      dispose: () => log.close(),
    };
  };
