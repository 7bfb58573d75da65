import {
  AlertError,
  type AlertLog,
  type AppendResult,
  contentDigest,
  type KeptAlert,
  type Receipt,
  type Retention,
  sameDigest,
  type StampedAlert,
  withSequence,
} from '@therapytrain/alerts-core';

/** Options of a log in memory. */
export interface MemoryLogOptions {
  /** How many alerts are held at most; the oldest goes first. Default 10,000. */
  readonly capacity?: number;
}

// Which report made which alert, for ever.
const createReports = () => {
  const known = new Map<string, { readonly receipt: Receipt; readonly digest: Uint8Array }>();
  const keyOf = ({ alert, requestId }: StampedAlert): string | undefined =>
    requestId && `${alert.source} ${requestId.toLowerCase()}`;
  return {
    /** What the same request was answered before; undefined if it is a new one. */
    earlier: (said: StampedAlert): AppendResult | undefined => {
      const before = known.get(keyOf(said) ?? '');
      if (!before) return undefined;
      if (sameDigest(before.digest, contentDigest(said.encoded))) return before.receipt;
      return new AlertError('REQUEST_ID_REUSED', 'the request id was used before, for an alert with another content');
    },
    add: (said: StampedAlert, sequence: number): void => {
      const key = keyOf(said);
      const receipt = { alertId: said.alert.id, sequence, duplicate: true };
      if (key) known.set(key, { receipt, digest: contentDigest(said.encoded) });
    },
  };
};

// The alerts that are held, oldest first.
const createRows = () => {
  const rows: { readonly id: string; readonly at: number; readonly alert: KeptAlert; readonly size: number }[] = [];
  let bytes = 0;
  return {
    rows,
    bytes: () => bytes,
    add: (id: string, at: number, alert: KeptAlert): void => {
      rows.push({ id, at, alert, size: alert.encoded.length });
      bytes += alert.encoded.length;
    },
    /** Lets the oldest go and tells how many. */
    drop: (count: number): number => {
      for (const { size } of rows.splice(0, count)) bytes -= size;
      return count;
    },
    /** How many of the oldest were received before the time, or are too many for the size. */
    excess: ({ before = 0, maxBytes = Number.MAX_SAFE_INTEGER }: Retention): number => {
      let count = 0;
      let left = bytes;
      for (const { at, size } of rows) {
        if (at >= before && left <= maxBytes) break;
        left -= size;
        count++;
      }
      return count;
    },
  };
};

const ascend = (alerts: readonly StampedAlert[], after: string): boolean =>
  alerts.every(({ alert }, at) => alert.id > (alerts[at - 1]?.alert.id ?? after));

/**
 * A log that lives and dies with the process: the default of an `AlertManager` that was not given another. It meets the
 * contract of every log but one promise: nothing in it survives the process. Each request id that was ever used takes
 * some 200 bytes for as long as the log lives.
 */
export const createMemoryLog = ({ capacity = 10_000 }: MemoryLogOptions = {}): AlertLog => {
  const { rows, bytes, add, drop, excess } = createRows();
  const reports = createReports();
  const followers = new Set<(kept: readonly KeptAlert[]) => void>();
  let newest = 0;
  let newestId: string | undefined;
  let lastId = '';
  let open = true;
  const assertOpen = (): void => {
    if (!open) throw new AlertError('CLOSED', 'the log is closed');
  };
  const oldest = (): number => (rows[0]?.alert.sequence ?? newest + 1) - 1;
  const keepOne = (said: StampedAlert, added: KeptAlert[]): AppendResult => {
    const earlier = reports.earlier(said);
    if (earlier) return earlier;
    const { alert, encoded } = said;
    const sequence = ++newest;
    newestId = alert.id;
    const whole = { sequence, encoded: withSequence(encoded, sequence) };
    add(alert.id, alert.receivedAt, whole);
    added.push(whole);
    reports.add(said, sequence);
    return { alertId: alert.id, sequence, duplicate: false };
  };
  return {
    append: async (alerts) => {
      assertOpen();
      if (!ascend(alerts, lastId)) throw new AlertError('DEFECT', 'the ids of a log must ascend');
      lastId = alerts.at(-1)?.alert.id ?? lastId;
      const added: KeptAlert[] = [];
      const results = alerts.map((each) => keepOne(each, added));
      if (rows.length > capacity) drop(rows.length - capacity);
      if (added.length > 0) for (const listener of followers) listener(added);
      return results;
    },
    read: async (after, limit) => {
      assertOpen();
      if (after < oldest()) throw new AlertError('CURSOR_EXPIRED', 'alerts after the cursor are past their retention');
      const from = after - oldest();
      const alerts = rows.slice(from, from + limit).map(({ alert }) => alert);
      return { alerts, cursor: alerts.at(-1)?.sequence ?? after };
    },
    readBack: async (upTo, limit) => {
      assertOpen();
      const to = Math.max(0, Math.min(upTo - oldest(), rows.length));
      const alerts = rows.slice(Math.max(0, to - limit), to).map(({ alert }) => alert);
      alerts.reverse();
      return { alerts, cursor: alerts.length > 0 ? (alerts.at(-1)?.sequence ?? 1) - 1 : upTo };
    },
    find: async (alertId) => {
      assertOpen();
      return rows.find(({ id }) => id === alertId)?.alert;
    },
    seek: async (since) => {
      assertOpen();
      return (rows.find(({ at }) => at >= since)?.alert.sequence ?? newest + 1) - 1;
    },
    bounds: () => ({ oldest: oldest(), newest, newestId, bytes: bytes() }),
    follow: (listener) => {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    retain: async (retention) => {
      assertOpen();
      return drop(excess(retention));
    },
    close: async () => {
      open = false;
    },
  };
};
