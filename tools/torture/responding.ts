import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAlertClient } from '@therapytrain/alerts-client';
import type { Millis } from '@therapytrain/alerts-core';
import type { Chance } from './chance.ts';
import { connect, report, unreachable } from './client.ts';
import { startOrTell } from './history.ts';
import type { RecipeContext, RecipeWrong } from './recipe.ts';
import type { Violation } from './checker.ts';
import {
  type Asked,
  type Downtime,
  leaseSpan,
  protectedPrefix,
  respondingPolicy,
  secret,
  type TargetMode,
  types,
} from './responses.ts';
import type { ResponderWay } from './responder-ways.ts';
import type { Victim } from './victim.ts';

/** What acts on its own, its target, and alerts that call for it. */
export interface Lane {
  readonly name: string;
  readonly data: string;
  /** The target's own log. */
  readonly log: string;
  readonly downtimes: Downtime[];
  /** Sets how far the wall clock of the gateway is off. */
  shift(by: Millis): void;
  /** Starts the gateway on what is there. */
  start(): Promise<Running | Violation<RecipeWrong>>;
  /** From now on the target does what it is asked, and what was on the way arrives. */
  beWell(): Promise<void>;
  /** The next thing of this sort has its effect at the target, and is not answered. Resolves with its response then. */
  leaveUnanswered(action: Asked['action']): Promise<string>;
  stop(): void;
}

/** How a lane is. */
export interface LaneOptions {
  readonly name: string;
  /** Default: `good`. */
  readonly mode?: TargetMode;
  /** How often one thing fails at most. Default: as the plan says. */
  readonly mostFailures?: number;
  /** Of the gateway's responder; as it is built, if left out. */
  readonly way?: ResponderWay;
}

/** A gateway of a lane. */
export interface Running {
  readonly victim: Victim;
  readonly address: string;
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const startTarget = async (log: string, mode: TargetMode, seed: number, mostFailures: number) => {
  const own = [log, mode, secret, String(seed), String(mostFailures)];
  const args = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const child = spawn(process.execPath, [...args, program('response-target.ts'), ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
    child.once('exit', () => reject(new Error('the target of responses ended')));
  });
  return { port, stop: () => void child.kill('SIGKILL') };
};

/** Opens a lane: a target in this mode, a policy that acts on it, and no gateway yet. */
export const openLane = async (context: RecipeContext, options: LaneOptions): Promise<Lane> => {
  const { name, mode = 'good', mostFailures = context.plan.respondFailures, way } = options;
  const directory = join(context.scratch, name.replaceAll(' ', '-'));
  const [data, log, clock] = ['data', 'target.jsonl', 'clock'].map((each) => join(directory, each)) as [
    string,
    string,
    string,
  ];
  mkdirSync(data, { recursive: true });
  writeFileSync(clock, '0');
  const target = await startTarget(log, mode, context.seed, mostFailures);
  const forget = context.cleanup.add(target.stop);
  const policy = respondingPolicy(directory, target.port);
  const downtimes: Downtime[] = [];
  const tell = (what: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${target.port}/${what}`, { method: 'POST' });
  const ways = way && { flags: ['--import', program('responder-ways.ts')], env: { TORTURE_RESPONDER: way } };
  return {
    name,
    data,
    log,
    downtimes,
    shift: (by) => writeFileSync(clock, String(by)),
    start: async () => {
      return startOrTell(context, { data, policy, clockShift: clock, ...ways });
    },
    beWell: async () => void (await tell('be-well')),
    leaveUnanswered: async (action) => (await tell(`leave-unanswered/${action}`)).text(),
    stop: () => {
      forget();
      target.stop();
    },
  };
};

/** Alerts that call for responses, until they are stopped. */
export interface Calling {
  readonly acknowledged: () => number;
  stop(): Promise<void>;
}

const callers = 2;
const share = { again: 8, guarded: 3, capped: 6 } as const;

const addressOf = (chance: Chance, recent: string[]): string => {
  if (chance.between(1, 100) <= share.guarded)
    return `${protectedPrefix}${chance.between(0, 9)}.${chance.between(1, 9)}`;
  // One that is acted on already: what was done is to last longer.
  if (recent.length > 0 && chance.between(1, 100) <= share.again) return chance.pick(recent);
  const made = `20.${chance.between(0, 255)}.${chance.between(0, 255)}.${chance.between(1, 254)}`;
  recent.push(made);
  if (recent.length > 16) recent.shift();
  return made;
};

/** Reports alerts, each of which calls for two responses, a random pause after the other. Ends with the gateway too. */
export const callFor = (address: string, chance: Chance, recent: string[], longestPause: Millis): Calling => {
  const client = connect(address);
  let [isOver, acknowledged] = [false, 0];
  const callOneByOne = async (): Promise<void> => {
    while (!isOver) {
      const outcome = await report(client, {
        requestId: '',
        type: chance.between(1, 100) <= share.capped ? types.capped : types.free,
        // What is critical is tried again soonest, while its lease still lasts.
        severity: 4,
        message: 'an address that should be acted on',
        metadata: { ipAddress: addressOf(chance, recent), userId: 'nobody', endpoint: '/', limit: 1 },
        // The gateway says when: its clock may be a day off.
        occurredAt: undefined,
        dedupKey: '',
        traceParent: '',
      });
      if ('answer' in outcome) acknowledged++;
      else if (unreachable(outcome.refusal)) return;
      await pause(chance.between(0, longestPause));
    }
  };
  const all = Promise.all(Array.from({ length: callers }, callOneByOne));
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      isOver = true;
      await all;
      client.close();
    },
  };
};

const glance: Millis = 250;
const states = ['planned', 'executing', 'in_force', 'unknown', 'reverting'] as const;

/** Waits until nothing is to follow any more. False if that takes too long. */
export const untilNothingStands = async (address: string, within: Millis): Promise<boolean> => {
  const client = createAlertClient({ address });
  const from = performance.now();
  try {
    // What was kept last must be planned first.
    while (performance.now() - from < within) {
      const { planning } = await client.status();
      const { responses } = await client.responses.list({ states: [...states], pageSize: 1 });
      if (planning?.lag === 0 && responses.length === 0) return true;
      await pause(glance);
    }
    return false;
  } finally {
    await client.close();
  }
};

/** What a subscriber to decisions saw of each: it is in force, or has ended. */
export interface Watch {
  readonly targets: ReadonlySet<string>;
  /** Playbooks of those that were seen, by their id. */
  readonly seen: ReadonlyMap<string, { readonly target: string; readonly playbook: string }>;
  readonly inForce: ReadonlySet<string>;
  /** Leases that were longer than was asked for. */
  readonly tooLong: readonly string[];
  /** Follows the gateway at an address, from where it was, until the promise of `stop` resolves. */
  follow(address: string): { stop(): Promise<void> };
}

/** Begins to watch decisions, from gateway to gateway. */
export const createWatch = (): Watch => {
  const seen = new Map<string, { target: string; playbook: string }>();
  const [inForce, targets, tooLong] = [new Set<string>(), new Set<string>(), [] as string[]];
  let cursor: string | undefined;
  return {
    ...{ seen, inForce, targets, tooLong },
    follow: (address) => {
      const client = createAlertClient({ address });
      const over = new AbortController();
      const done = (async () => {
        for await (const event of client.decisions.stream({ cursor, signal: over.signal })) {
          if (event.kind === 'begin') inForce.clear();
          else cursor = event.cursor || cursor;
          if (event.kind !== 'changes') continue;
          for (const id of event.ended) inForce.delete(id);
          for (const { id, target, playbook, from, until } of event.decisions) {
            inForce.add(id);
            targets.add(target);
            seen.set(id, { target, playbook });
            if (until - from > leaseSpan * 20) tooLong.push(id);
          }
        }
      })().catch(() => undefined);
      return {
        stop: async () => {
          over.abort();
          await done;
          await client.close();
        },
      };
    },
  };
};
