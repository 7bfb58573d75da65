import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAlertClient } from '@therapytrain/alerts-client';
import { AlertSeverity, AlertType } from '@therapytrain/alerts-core';
import { collector } from '../bench/contenders/servers.ts';
import { cpuSeconds, hostCpuSeconds, ownCpuSeconds } from '../bench/host.ts';
import { type Child, type Processes, within } from '../bench/processes.ts';
import { shippedFlags, sourceFlags } from '../bench/workspace.ts';
import { chanceOf } from '../torture/chance.ts';
import type { Cleanup } from '../torture/cleanup.ts';
import { connect } from '../torture/client.ts';
import { createLedger } from '../torture/ledger.ts';
import { startLoad } from '../torture/load.ts';
import { streamAll } from '../torture/readback.ts';
import { createVictims } from '../torture/victim.ts';
import type { Attack, Form, Outcome } from './attack.ts';
import type { AttackerSettings, Counts } from './attacker.ts';
import type { GoodSettings, GoodWindow } from './good-client.ts';
import { lostOf } from './judge.ts';
import { byName, readSecured, securedArguments, securedChannel, securedClient } from './secured.ts';
import { gatewayTarget, startBare, stateOf, type Target, watch } from './targets.ts';

/** What the suite is run with. */
export interface RunOptions {
  readonly form: Form;
  readonly seed: number;
  /** The longest that an attack takes, in seconds, whatever it says itself. */
  readonly longest: number;
  readonly processes: Processes;
  readonly cleanup: Cleanup;
  /** Where it may write. */
  readonly directory: string;
  readonly compileCache: string;
  readonly say: (text: string) => void;
}

/** What became of the gateway under all attacks, one after the other. */
export interface GatewayRun {
  readonly outcomes: readonly Outcome[];
  /** What the client that behaves saw before the first attack. */
  readonly calm: GoodWindow;
  /** Alerts that the client that behaves was told are kept, and how many of them are not there. */
  readonly acked: number;
  readonly lost: number;
  /** What is wrong with how it ended. */
  readonly ended: readonly string[];
}

const arrivals = 50;
const calmFor = 3_000;
const securedCalmFor = 1_000;
const newcomers = 4;
const script = (name: string): string => fileURLToPath(new URL(`./scripts/${name}.ts`, import.meta.url));

const startScript = ({ processes }: RunOptions, name: string, settings: object): Child =>
  processes.start(process.execPath, [
    ...new Set([...shippedFlags(), ...sourceFlags]),
    script(name),
    JSON.stringify(settings),
  ]);

/** The file to which an attack adds what went wrong. */
export const findingsFile = (directory: string): string => join(directory, 'findings.jsonl');

const goneWithin = 5_000;

// The server may see a moment later that the attacker is gone.
const untilGone = async (target: Target, before: number): Promise<number> => {
  const until = performance.now() + goneWithin;
  let fewest = Infinity;
  while (fewest > before && performance.now() < until) {
    fewest = Math.min(fewest, stateOf(target).connections);
    await pause(50);
  }
  return fewest;
};

const windowOf = async (good: Child): Promise<GoodWindow> => {
  good.tell({ kind: 'window' });
  const { window } = await within(
    30,
    'the client that behaves',
    good.message<{ readonly window: GoodWindow }>('window'),
  );
  return window;
};

// 0 for a process that is gone.
const cpuOf = ({ pid }: { readonly pid: number }): number => {
  try {
    return cpuSeconds(pid);
  } catch {
    return 0;
  }
};

/** CPU seconds that the machine spent on everything but these. */
const spentByOthers = (ours: readonly { readonly pid: number }[]): number =>
  hostCpuSeconds() - ownCpuSeconds() - ours.reduce((sum, each) => sum + cpuOf(each), 0);

const attackOnce = async (options: RunOptions, target: Target, good: Child, attack: Attack): Promise<Outcome> => {
  const { form, seed, directory, longest } = options;
  const most = Math.min(longest, attack.within[form]);
  const isWork = attack.isWork?.includes(form) ?? false;
  if (isWork) await target.collect();
  await windowOf(good);
  const before = stateOf(target);
  const cpuBefore = cpuOf(target);
  const othersBefore = spentByOthers([target, good]);
  const watching = watch(target);
  const from = performance.now();
  const settings: AttackerSettings = {
    attack: attack.name,
    address: target.address,
    secured: target.secured,
    amount: attack.amount[form],
    seed,
    within: most * 1_000,
    findings: target.kind === 'gateway' ? findingsFile(directory) : undefined,
  };
  const attacker = startScript(options, 'attacker', settings);
  const { counts } = await within(
    most + 40,
    `the attack ${attack.name}`,
    attacker.message<{ readonly counts: Counts }>('counts'),
  );
  const seconds = (performance.now() - from) / 1_000;
  const others = (spentByOthers([target, good, attacker]) - othersBefore) / seconds;
  await attacker.stop();
  const left = await untilGone(target, before.connections);
  const seen = await windowOf(good);
  watching.stop();
  if (isWork && target.alive()) await target.collect();
  const after = stateOf(target);
  return {
    counts,
    good: seen,
    memory: { before: before.memory, most: watching.memory, after: after.memory },
    connections: { before: before.connections, most: watching.connections, after: left },
    alive: target.alive(),
    ready: await target.ready(),
    seconds,
    cpu: Math.max(0, cpuOf(target) - cpuBefore),
    others: Math.max(0, others),
  };
};

const warmUpReports = 40_000;
const bareReports = 3_000;
const securedReports = 5_000;

const warmUpSecured = async (address: string, secured: string): Promise<void> => {
  const client = createAlertClient({
    ...{ address, ...securedClient(readSecured(secured)) },
    batch: { maxAlerts: 1, maxBatches: 64 },
  });
  const report = (_: unknown, number: number): Promise<unknown> =>
    client.report({ type: AlertType.SYSTEM_HEALTH, severity: AlertSeverity.LOW, message: `warm up ${number}` });
  for (let sent = 0; sent < securedReports; sent += 500) await Promise.all(Array.from({ length: 500 }, report));
  await client.close();
};

// A process that has done nothing yet grows with whatever comes; what is to be seen is what attacks add to a busy one.
const warmUp = async ({ seed }: RunOptions, { address, kind, secured }: Target): Promise<void> => {
  if (secured !== undefined) return warmUpSecured(address, secured);
  const gateway = kind === 'gateway';
  const load = startLoad(address, createLedger(seed), chanceOf(seed, 'warm up'), {
    callers: 16,
    streams: gateway ? 4 : 0,
    batch: 64,
    pause: 0,
    size: 'mixed',
  });
  await load.acknowledged(gateway ? warmUpReports : bareReports);
  await load.stop();
};

const startGood = async (options: RunOptions, { address, secured }: Target, acked: string): Promise<Child> => {
  const settings: GoodSettings = { address, secured, arrivals, newcomers, acked };
  const good = startScript(options, 'good', settings);
  await good.message('ready');
  await pause(1_000);
  return good;
};

const stopGood = async (good: Child): Promise<void> => {
  good.tell({ kind: 'stop' });
  await within(30, 'the end of the client that behaves', good.message('stopped'));
};

const idsIn = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

const storedIds = async ({ address, secured }: Target): Promise<ReadonlySet<string>> => {
  const client = connect(address, securedChannel(secured === undefined ? undefined : readSecured(secured)));
  const stored = new Set<string>();
  const complete = await streamAll(client, ({ alert }) => alert && stored.add(alert.id));
  client.close();
  if (!complete) throw new Error('the log could not be read to its end');
  return stored;
};

/**
 * Attacks one gateway with everything, one after the other, and then looks for what it acknowledged. With a directory of
 * secured.ts it is one that asks who calls.
 */
export const attackGateway = async (
  options: RunOptions,
  attacks: readonly Attack[],
  done: (attack: Attack, outcome: Outcome) => void,
  secured?: string,
): Promise<GatewayRun> => {
  const { cleanup, compileCache, directory } = options;
  const data = join(directory, secured === undefined ? 'gateway' : 'gateway-secured');
  mkdirSync(data, { recursive: true });
  const victim = createVictims(
    cleanup,
    compileCache,
  )({
    ...{ data, flags: [collector] },
    ...(secured !== undefined && { args: securedArguments(secured) }),
  });
  const listening = await victim.listening;
  const target = gatewayTarget(victim, secured === undefined ? listening : byName(listening), secured);
  await warmUp(options, target);
  const acked = join(directory, secured === undefined ? 'acked' : 'acked-secured');
  const good = await startGood(options, target, acked);
  await windowOf(good);
  await pause(secured === undefined ? calmFor : securedCalmFor);
  const calm = await windowOf(good);
  const outcomes: Outcome[] = [];
  for (const attack of attacks) {
    const outcome = await attackOnce(options, target, good, attack);
    outcomes.push(outcome);
    done(attack, outcome);
    if (!outcome.alive) break;
  }
  await stopGood(good).catch(() => {});
  const ids = idsIn(acked);
  if (!target.alive())
    return { outcomes, calm, acked: ids.length, lost: 0, ended: ['it ended by itself', ...(await target.stop())] };
  const lost = lostOf(ids, await storedIds(target)).length;
  return { outcomes, calm, acked: ids.length, lost, ended: await target.stop() };
};

/** Attacks a bare server of its own; undefined if it cannot be measured, since the attack has ended it. */
export const attackBare = async (options: RunOptions, attack: Attack, secured?: string): Promise<Outcome> => {
  const target = await startBare(options.processes, secured);
  await warmUp(options, target);
  const good = await startGood(options, target, join(options.directory, `acked-${attack.name}`));
  try {
    return await attackOnce(options, target, good, attack);
  } finally {
    await stopGood(good).catch(() => {});
    await target.stop();
  }
};
