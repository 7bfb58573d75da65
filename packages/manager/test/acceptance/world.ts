import { expect } from '@jest/globals';
import {
  type Account,
  type Alert,
  type AlertDraft,
  type AlertLog,
  decodeAlert,
  type Incident,
  type Instant,
  type Millis,
  type Store,
} from '@therapytrain/alerts-core';
import {
  type Attempt,
  type Channel,
  type Clearance,
  type Notice,
  type NoticeEvent,
  type Outcome,
  Secret,
} from '@therapytrain/alerts-core/channel';
import {
  createFlow,
  createMemoryLog,
  type Desk,
  type Engine,
  type EngineParts,
  type Policy,
  startEngine,
} from '@therapytrain/alerts-manager';
import { createMemoryStore, epoch, type TestPorts, testPorts } from '@therapytrain/alerts-testkit';

const second = 1_000;

/** What a channel was given to say, and when. */
export interface Said {
  /** Seconds since the script began. */
  readonly at: number;
  readonly event: NoticeEvent;
  readonly notice: Notice<Clearance>;
  readonly attempt: Attempt;
}

/** How something is reported: how often, and by whom. */
interface Reporting {
  readonly times?: number;
  readonly source?: string;
}

/** A channel that keeps what it is told, and answers as the script says. */
interface Recorder {
  readonly channel: Channel;
  readonly said: Said[];
  answers: (attempt: Attempt) => Outcome | Promise<Outcome>;
}

const took: Outcome = { kind: 'done', proof: 'took it', ref: 'ref-1' };

/** What outlives a process. */
export interface Left {
  readonly ports: TestPorts;
  readonly log: AlertLog;
  readonly store: Store;
}

/** The whole engine in fake time: a log and a store in memory, channels that keep what they are told. */
export interface World {
  /** Lets time pass up to this second of the script. */
  at(seconds: number): Promise<void>;
  /** Reports, at the time it is, and waits until it is planned. */
  report(draft: Partial<AlertDraft> & Reporting): Promise<void>;
  /** Reports, and does not wait until it is planned. */
  reportOnly(draft: Partial<AlertDraft> & Reporting): Promise<void>;
  /** Reports all of them in one commit, and waits until they are planned. */
  reportAll(drafts: readonly AlertDraft[], source?: string): Promise<void>;
  /** Waits until everything is planned, also what detections raised meanwhile. */
  planned(): Promise<void>;
  /** What the channel was told from one second up to another, both included, as `event` words. */
  told(channel: string, from: number, to: number): readonly string[];
  /** Everything the channel was told. */
  said(channel: string): readonly Said[];
  /** How the channel answers from now on. Default: it takes everything. */
  answers(channel: string, how: (attempt: Attempt) => Outcome | Promise<Outcome>): void;
  /** The incidents there are, newest first. */
  incidents(): Promise<readonly Incident[]>;
  /** The alerts there are, oldest first. */
  alerts(): Promise<readonly Alert[]>;
  /** Puts another policy in force. */
  setPolicy(policy: Policy): void;
  /** Ends the engine and starts it anew, as a restart of the process does. */
  restart(): Promise<void>;
  /** Resolves after so many seconds of the script. */
  sleep(seconds: number): Promise<void>;
  /** How the channels are. */
  channels(): Engine['channels'];
  readonly desk: Desk;
  /** What people ask of responses, of the engine that runs now. */
  responses(): Engine['responses'];
  /** Takes back what the policy in force protects. */
  revertProtected(): Promise<number>;
  readonly store: Store;
  readonly left: Left;
  readonly errors: readonly unknown[];
  now(): Instant;
  /** Makes the wall clock jump; the seconds of the script jump with it. */
  jump(span: Millis): void;
  stop(): Promise<void>;
  /** Ends the script: every pair is accounted for, nothing went wrong that nobody asked for. */
  end(): Promise<void>;
}

const balance = ({ accepted, delivered, suppressed, digested, dead, pending }: Account): number =>
  accepted - delivered - suppressed - digested - dead - pending;

/** Begins a script at its second 0, or goes on where another one was stopped: the next process on the same data. */
export const createWorld = (
  first: Policy,
  left?: Left,
  more: Pick<Partial<EngineParts>, 'mostGroups' | 'responder' | 'mayAct'> = {},
): World => {
  const ports = left?.ports ?? testPorts();
  const { clock } = ports;
  const log = left?.log ?? createMemoryLog({ capacity: 100_000 });
  const store = left?.store ?? createMemoryStore({ clock });
  const recorders = new Map<string, Recorder>();
  const errors: unknown[] = [];
  let policy = first;
  const seconds = (): number => (clock.now() - epoch) / second;
  const recorder = (name: string): Recorder => {
    const known = recorders.get(name);
    if (known) return known;
    const made: Recorder = {
      said: [],
      answers: () => took,
      channel: {
        clearance: 2,
        deliver: async (notice, attempt) => {
          made.said.push({ at: seconds(), event: notice.event, notice, attempt });
          return made.answers(attempt);
        },
        check: async () => took,
        close: async () => undefined,
      },
    };
    recorders.set(name, made);
    return made;
  };
  const start = (): Engine =>
    startEngine({
      log,
      store,
      policy: () => policy,
      channel: (name) => (policy.channels.has(name) ? recorder(name).channel : undefined),
      pseudonymKey: new Secret('the key of a script, of no worth at all'),
      ports,
      onError: (error) => void errors.push(error),
      ...more,
    });
  let engine = start();
  const flow = createFlow({ log, types: () => policy.types, ports });
  const pass = async (span: Millis): Promise<void> => {
    await clock.advance(span);
    await clock.advance(0);
  };
  const reportOnly: World['reportOnly'] = async ({ times = 1, source = 'sign-in', ...draft }) => {
    const whole = { type: 'AUTH_FAILURE', message: 'Failed login', metadata: { userId: 'anna.berg' }, ...draft };
    const drafts = Array.from({ length: times }, () => whole);
    await flow.reportAll(drafts, source);
  };
  const stop = async (): Promise<void> => {
    const stopped = engine.stop();
    await pass(0);
    await stopped;
  };
  return {
    at: (to) => pass(Math.max(0, to * second - (clock.now() - epoch))),
    reportOnly,
    report: async (draft) => {
      await reportOnly(draft);
      await engine.planner.idle();
      await pass(0);
    },
    reportAll: async (drafts, source = 'sign-in') => {
      await flow.reportAll(drafts, source);
      await engine.planner.idle();
      await pass(0);
    },
    planned: async () => {
      do await engine.planner.idle();
      while (engine.planner.lag() > 0);
      await pass(0);
    },
    told: (channel, from, to) =>
      recorder(channel)
        .said.filter(({ at }) => at >= from && at <= to)
        .map(({ event }) => event),
    said: (channel) => recorder(channel).said,
    answers: (channel, how) => void (recorder(channel).answers = how),
    incidents: () => store.incidents({ limit: 100 }),
    alerts: async () => (await log.read(0, 100_000)).alerts.map(({ encoded }) => decodeAlert(encoded)),
    setPolicy: (next) => void (policy = next),
    restart: async () => {
      await stop();
      engine = start();
      await pass(0);
    },
    sleep: (span) => clock.sleep(span * second),
    channels: () => engine.channels,
    desk: engine.desk,
    responses: () => engine.responses,
    revertProtected: async () => {
      const count = await engine.revertProtected();
      await pass(0);
      return count;
    },
    store,
    left: { ports, log, store },
    errors,
    now: () => clock.now(),
    jump: (span) => clock.set(clock.now() + span),
    stop,
    end: async () => {
      const accounts = (await store.accounting()).map((each) => [each.channel, balance(each)]);
      expect(accounts).toEqual(accounts.map(([channel]) => [channel, 0]));
      expect(errors).toEqual([]);
      await stop();
    },
  };
};
