import { type Bench, runLoad, startScript } from '../bench.ts';
import { crowdSecIsMissing, hasCrowdSec, startCrowdSec } from '../contenders/crowdsec.ts';
import { fail2banIsMissing, hasFail2ban, startFail2ban } from '../contenders/fail2ban.ts';
import { blockingPolicy } from '../contenders/policies.ts';
import { startGateway } from '../contenders/servers.ts';
import type { Actor } from '../load/attackers.ts';
import { latencyResult } from '../load/latencies.ts';
import { type Child, within } from '../processes.ts';
import type { AttackResult, AttackSettings } from '../scripts/attacks.ts';
import type { EnforcerSettings } from '../scripts/enforcer.ts';
import type { Cell, Contender, Figure, Trial } from '../trial.ts';

/** Reports a second: what the slowest of them can follow. */
const arrivals = 20;

/** One that acts, and where it is told and heard. */
interface Acting {
  readonly actor: Actor;
  readonly to: string;
  readonly from: string;
  readonly token?: string;
  readonly key?: string;
  stop(): Promise<void>;
}

const starts: Readonly<Record<Actor, (bench: Bench) => Promise<Acting>>> = {
  gateway: async (bench) => {
    const { address, stop } = await startGateway(bench, { policy: blockingPolicy(bench) });
    return { actor: 'gateway', to: address, from: address, stop };
  },
  CrowdSec: async (bench) => {
    const { address, token, key, stop } = await startCrowdSec(bench);
    return { actor: 'CrowdSec', to: address, from: address, token, key, stop };
  },
  fail2ban: async (bench) => {
    const { log, banned, stop } = await startFail2ban(bench);
    return { actor: 'fail2ban', to: log, from: banned, stop };
  },
};

// What is not enforced so many seconds after the last report is not going to be.
const longest = 20;

type Times = readonly (readonly [number: number, at: number])[];

/** When each of them was enforced: all, or those that ever were. */
const timesOf = async (enforcer: Child): Promise<Times> => {
  await within(longest, 'to enforce all', enforcer.message('enforced')).catch(() => undefined);
  enforcer.tell({ kind: 'report' });
  return (await enforcer.message<{ readonly times: Times }>('report')).times;
};

const measure = async (bench: Bench, acting: Acting, rest: number): Promise<Trial> => {
  const { actor, to, from, token = '', key = '' } = acting;
  const { seconds, warmUp } = bench.extent;
  const unmeasured = Math.round(warmUp * arrivals);
  const count = unmeasured + Math.round(seconds * arrivals);
  const enforcer = startScript(bench, 'enforcer', { actor, from, key, rest, count } satisfies EnforcerSettings);
  try {
    await enforcer.message('ready');
    const settings: AttackSettings = { actor, to, token, arrivals, seconds, warmUp };
    const { result, refused } = await runLoad<AttackResult>(bench, 'attacks', settings);
    const times = await timesOf(enforcer);
    const lost = count - refused - times.length;
    if (actor === 'gateway' && refused + lost > 0) throw new Error(`${refused} were refused, and ${lost} lost`);
    const { first, every, lateness } = result;
    const latencies = times.flatMap(([number, at]) => (number < unmeasured ? [] : at - (first + number * every)));
    const { count: measured, p50, p99, late } = latencyResult(latencies, lateness, seconds);
    return { count: measured, ...(refused > 0 && { refused }), ...(lost > 0 && { lost }), p50, p99, late };
  } finally {
    await enforcer.stop();
  }
};

const enforces = (bench: Bench, name: string, actor: Actor, rest = 0): Contender => ({
  name,
  trial: async () => {
    const acting = await starts[actor](bench);
    try {
      return await measure(bench, acting, rest);
    } finally {
      await acting.stop();
    }
  },
});

const gateway = 'gateway and decision cache';
const polled = 'CrowdSec, asked each second';
const pressed = 'CrowdSec, asked every 10 ms';
const fail2ban = 'fail2ban, line to action';

const figures: readonly Figure[] = [
  {
    text: 'report to enforced in another process, in ms',
    of: gateway,
    quantity: 'p50',
    aim: { better: 'less', aim: 10, reach: 3 },
  },
  // Ten times sooner than a poll of one second allows.
  { text: `the same ÷ ${polled}`, of: gateway, to: polled, quantity: 'p50', aim: { better: 'less', aim: 0.1 } },
  { text: `the same ÷ ${polled}`, of: gateway, to: polled, quantity: 'p99' },
  { text: `the same ÷ ${pressed}`, of: gateway, to: pressed, quantity: 'p50' },
  { text: `the same ÷ ${pressed}`, of: gateway, to: pressed, quantity: 'p99' },
  { text: `the same ÷ ${fail2ban}`, of: gateway, to: fail2ban, quantity: 'p50' },
  { text: `the same ÷ ${fail2ban}`, of: gateway, to: fail2ban, quantity: 'p99' },
];

/** l. From a report to its attacker being refused elsewhere. */
export const enforceCell = (bench: Bench): Cell => ({
  title: `l. From when a report is due to its address being blocked in another process, ${arrivals} addresses a second`,
  open: async () => ({
    contenders: [
      enforces(bench, gateway, 'gateway'),
      ...(hasCrowdSec() ? [enforces(bench, polled, 'CrowdSec', 1_000), enforces(bench, pressed, 'CrowdSec', 10)] : []),
      ...(hasFail2ban() ? [enforces(bench, fail2ban, 'fail2ban')] : []),
    ],
    skipped: [...(hasCrowdSec() ? [] : [crowdSecIsMissing]), ...(hasFail2ban() ? [] : [fail2banIsMissing])],
  }),
  figures,
});
