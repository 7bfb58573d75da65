import {
  AlertError,
  type AlertLog,
  type AppendResult,
  type Cursor,
  type KeptAlert,
  type LogBatch,
  type StampedAlert,
} from '@therapytrain/alerts-core';
import type { OpenLog } from '@therapytrain/alerts-testkit';
import { type Flaw, openArrayLog } from './array-log.ts';

type Listener = (kept: readonly KeptAlert[]) => void;

/** Changes what is appended. */
const given =
  (change: (alert: StampedAlert) => StampedAlert): Flaw =>
  (log) => ({ ...log, append: (alerts) => log.append(alerts.map(change)) });

/** Changes what an append answers. */
const answered =
  (change: (results: readonly AppendResult[], alerts: readonly StampedAlert[]) => readonly AppendResult[]): Flaw =>
  (log) => ({ ...log, append: async (alerts) => change(await log.append(alerts), alerts) });

/** Changes how pages are read. */
const read =
  (change: (log: AlertLog, after: Cursor, limit: number) => Promise<LogBatch>): Flaw =>
  (log) => ({ ...log, read: (after, limit) => change(log, after, limit) });

/** Changes how a listener is told. */
const followed =
  (change: (listener: Listener) => Listener): Flaw =>
  (log) => ({ ...log, follow: (listener) => log.follow(change(listener)) });

/** A flaw that shows from the first restart on. */
const afterRestart =
  (flaw: Flaw): OpenLog =>
  () => {
    let starts = 0;
    return openArrayLog((log) => (starts++ === 0 ? log : flaw(log)))();
  };

const forgets = given((each) => ({ ...each, requestId: undefined }));

const forgetsWhatItLetGo: Flaw = (log) => {
  const forgetful = forgets(log);
  let retained = false;
  return {
    ...log,
    append: (alerts) => (retained ? forgetful : log).append(alerts),
    retain: (retention) => {
      retained = true;
      return log.retain(retention);
    },
  };
};

const overlooksTwins: Flaw = (log) => ({
  ...log,
  append: (alerts) => {
    const seen = new Set<string | undefined>();
    const isTwin = ({ requestId }: StampedAlert): boolean => seen.size === seen.add(requestId).size;
    return log.append(alerts.map((each) => (isTwin(each) ? { ...each, requestId: undefined } : each)));
  },
});

const takesCaseForADifference = given((each) =>
  each.requestId === each.requestId?.toUpperCase() ? { ...each, requestId: 'of its own' } : each,
);

/** Judges by itself what is sent again: the same, or a request id that was used before. */
const judges = (same: (first: StampedAlert, again: StampedAlert) => boolean): Flaw => {
  const first = new Map<string, { readonly stamped: StampedAlert; readonly result: AppendResult }>();
  return answered((results, alerts) =>
    results.map((result, at) => {
      const stamped = alerts[at] as StampedAlert;
      const before = first.get(stamped.requestId ?? stamped.alert.id);
      if (!before) first.set(stamped.requestId ?? stamped.alert.id, { stamped, result });
      if (!before || before.result instanceof AlertError) return result;
      if (same(before.stamped, stamped)) return { ...before.result, duplicate: true };
      return new AlertError('REQUEST_ID_REUSED', 'another content');
    }),
  );
};

const metadataText = ({ alert }: StampedAlert): string => JSON.stringify(alert.metadata);

const mixesCallsUp: Flaw = (log) => {
  let before: Promise<readonly AppendResult[]> | undefined;
  return {
    ...log,
    append: (alerts) => {
      const mine = log.append(alerts);
      const other = before ?? mine;
      before = mine;
      return other;
    },
  };
};

// As a log that numbers alerts before they commit: a later one can be read first, and the reader steps over the other.
const showsLaterOnesFirst: Flaw = (log) => {
  let committing = 0;
  return {
    ...log,
    append: (alerts) => {
      committing++;
      return log.append(alerts).finally(() => committing--);
    },
    read: async (after, limit) => {
      const { alerts, cursor } = await log.read(after, limit);
      return { cursor, alerts: committing > 0 && alerts.length > 1 ? alerts.slice(1) : alerts };
    },
  };
};

const tellsRepeats: Flaw = (log) => {
  const listeners = new Set<Listener>();
  return {
    ...log,
    append: async (alerts) => {
      const results = await log.append(alerts);
      for (const each of results) {
        if (each instanceof AlertError) continue;
        const { alerts: told } = await log.read(each.sequence - 1, 1);
        for (const listener of listeners) listener(told);
      }
      return results;
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

const beginsLate: Flaw = (log) => ({
  ...log,
  follow: (listener) => {
    let stop = (): void => {};
    setImmediate(() => (stop = log.follow(listener)));
    return () => stop();
  },
});

const everyOther = (listener: Listener): Listener => {
  let commits = 0;
  return (kept) => {
    if (commits++ % 2 === 0) listener(kept);
  };
};

const boundsLag: Flaw = (log) => {
  let shown = log.bounds();
  return {
    ...log,
    bounds: () => {
      const before = shown;
      shown = log.bounds();
      return before;
    },
  };
};

const letsTheNewestGo: Flaw = (log) => {
  let end = Number.MAX_SAFE_INTEGER;
  return {
    ...log,
    bounds: () => ({ ...log.bounds(), bytes: end < Number.MAX_SAFE_INTEGER ? 0 : log.bounds().bytes }),
    read: async (after, limit) => {
      const { alerts, cursor } = await log.read(after, limit);
      const left = alerts.filter(({ sequence }) => sequence < end);
      return { alerts: left, cursor: left.at(-1)?.sequence ?? Math.min(after, cursor) };
    },
    retain: async () => {
      const half = Math.ceil(log.bounds().newest / 2);
      const again = end < Number.MAX_SAFE_INTEGER;
      end = half;
      return again ? 0 : log.bounds().newest - half + 1;
    },
  };
};

const countsAllThatWent: Flaw = (log) => {
  let total = 0;
  return {
    ...log,
    retain: async (retention) => {
      const count = await log.retain(retention);
      return (total += count);
    },
  };
};

const dropsWhatWaits: Flaw = (log) => {
  let closing = false;
  const closed = (): AlertError => new AlertError('CLOSED', 'the log is closed');
  return {
    ...log,
    append: (alerts) => log.append(alerts).then((results) => (closing ? Promise.reject(closed()) : results)),
    close: () => {
      closing = true;
      return log.close();
    },
  };
};

const leavesRetainWaiting: Flaw = (log) => ({ ...log, retain: () => new Promise(() => {}) });

const cut = ({ encoded, ...rest }: StampedAlert): StampedAlert => ({ ...rest, encoded: encoded.subarray(0, 60_000) });

/** A log that breaks one promise, and the check that must see it. */
export interface FlawedLog {
  readonly flaw: string;
  readonly check: string;
  readonly open: OpenLog;
}

const flawed = (flaw: string, breaks: Flaw, check: string): FlawedLog => ({ flaw, check, open: openArrayLog(breaks) });

/** One log for each promise that matters. */
export const flawedLogs: readonly FlawedLog[] = [
  flawed(
    'answers in another order',
    answered((all) => [...all].reverse()),
    'append gives one result for each alert, in their order',
  ),
  flawed(
    'leaves out a result',
    answered((all) => all.slice(1)),
    'append gives one result for each alert, in their order',
  ),
  flawed(
    'begins at 0',
    answered((all) =>
      all.map((each) => (each instanceof AlertError ? each : { ...each, sequence: each.sequence - 1 })),
    ),
    'sequences ascend from 1, from call to call, and none is given twice',
  ),
  flawed(
    'answers a call with the results of another',
    mixesCallsUp,
    'appends at the same time keep the order of their calls, and each gets its own results',
  ),
  flawed('cuts large alerts', given(cut), 'an alert of nearly 64 KiB is kept among small ones'),
  flawed(
    'takes ids that go back',
    (log) => ({ ...log, append: (alerts) => log.append(alerts).catch(() => []) }),
    'an id that does not ascend is a DEFECT, and nothing of its call is kept',
  ),
  flawed('forgets reports', forgets, 'a report that is sent again gets its first id and sequence'),
  flawed('forgets reports of the same moment', forgets, 'a report that is sent many times at once is kept once'),
  flawed('overlooks twins', overlooksTwins, 'a report that stands twice in one call is kept once'),
  flawed('tells case apart', takesCaseForADifference, 'a request id is the same in upper and lower case'),
  flawed(
    'takes all sources for one',
    given((each) => ({ ...each, alert: { ...each.alert, source: 'everybody' } })),
    'the same request id from another source is another report',
  ),
  flawed(
    'takes reports without a request id for one',
    given((each) => ({ ...each, requestId: each.requestId ?? 'none' })),
    'without a request id every report is another one',
  ),
  flawed(
    'believes any content',
    judges(() => true),
    'a request id with another content is REQUEST_ID_REUSED, and nothing of it is kept',
  ),
  flawed(
    'compares the text of metadata',
    judges((first, again) => metadataText(first) === metadataText(again)),
    'order of metadata, trace and a time that was not said do not make another content',
  ),
  flawed(
    'forgets what it let go',
    forgetsWhatItLetGo,
    'a report that is sent again is still known when its alert was let go',
  ),
  {
    flaw: 'forgets reports at a restart',
    open: afterRestart(forgets),
    check: 'a report that is sent again is still known after a restart',
  },
  {
    flaw: 'forgets reports at a restart',
    open: afterRestart(forgets),
    check: 'whatever is done to it, a log behaves as a list does',
  },
  flawed(
    'reads the alert at the cursor again',
    read((log, after, limit) => log.read(Math.max(0, after - 1), limit)),
    'read begins after the cursor',
  ),
  flawed(
    'reads more than the limit',
    read((log, after, limit) => log.read(after, limit + 1)),
    'read gives everything once and in order, whatever the limit',
  ),
  flawed('shows later alerts first', showsLaterOnesFirst, 'read passes over nothing that is still to commit'),
  flawed(
    'leaves a silent gap',
    read((log, after, limit) => log.read(Math.max(after, log.bounds().oldest), limit)),
    'a cursor before what was let go is CURSOR_EXPIRED, and never a silent gap',
  ),
  flawed(
    'leaves the cursor out of readBack',
    (log) => ({ ...log, readBack: (upTo, limit) => log.readBack(upTo - 1, limit) }),
    'readBack gives everything once, newest first, from the cursor on',
  ),
  flawed(
    'finds something else',
    (log) => ({ ...log, find: async (id) => (await log.find(id)) ?? (await log.readBack(99, 1)).alerts[0] }),
    'find gives the alert of an id, and nothing for an id that was never kept',
  ),
  flawed(
    'seeks too far',
    (log) => ({ ...log, seek: (since) => log.seek(since + 1) }),
    'seek gives the place before the first alert of a time',
  ),
  flawed(
    'seeks past what came after a clock went back',
    (log) => ({ ...log, seek: async (since) => Math.max(await log.seek(since), log.bounds().newest - 1) }),
    'seek passes over nothing when the clock went back',
  ),
  flawed(
    'tells every other commit',
    followed(everyOther),
    'follow tells every kept alert once, in order, as it is read',
  ),
  flawed(
    'tells a commit backwards',
    followed((listener) => (kept) => listener([...kept].reverse())),
    'follow tells every kept alert once, in order, as it is read',
  ),
  flawed('tells repeats', tellsRepeats, 'follow tells neither repeats nor what was refused'),
  flawed('begins to tell late', beginsLate, 'follow begins right after the bounds, also while appends race'),
  flawed('shows old bounds', boundsLag, 'a listener sees the bounds of the commit that it is told'),
  flawed(
    'cannot be stopped',
    (log) => ({
      ...log,
      follow: (listener) => {
        log.follow(listener);
        return () => {};
      },
    }),
    'follow stops when asked, for the one that asked',
  ),
  flawed(
    'lets go of one that was received at the very time',
    (log) => ({ ...log, retain: ({ before = 0 }) => log.retain({ before: before + 1 }) }),
    'retain lets go of what was received before a time',
  ),
  flawed('lets the newest go', letsTheNewestGo, 'retain keeps the log below a size, oldest alerts first'),
  flawed('counts all that ever went', countsAllThatWent, 'each call of retain is told its own count'),
  flawed('drops what waits', dropsWhatWaits, 'close finishes what was appended'),
  flawed(
    'stays open',
    (log) => ({ ...log, close: async () => {} }),
    'once close was called, every other call rejects with CLOSED',
  ),
  flawed('leaves retain waiting', leavesRetainWaiting, 'close leaves no call without an answer'),
  {
    flaw: 'takes old ids after a restart',
    open: afterRestart((log) => ({ ...log, append: (alerts) => log.append(alerts).catch(() => []) })),
    check: 'sequences and ids go on after a restart',
  },
  {
    flaw: 'answers before it is durable',
    open: openArrayLog(undefined, true),
    check: 'what was answered survives a crash',
  },
];
