import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAlertClient } from '@therapytrain/alerts-client';
import { type Actor, attackerNumber, crowdSecAgent, sharedTime } from '../load/attackers.ts';
import { endWithBench, settingsOf, tell, told } from './script.ts';

/** A process that enforces what is decided elsewhere, and says when it did for each attacker. */
export interface EnforcerSettings {
  readonly actor: Actor;
  /** Where decisions come from: host:port, or the directory in which fail2ban's action puts a file for each. */
  readonly from: string;
  /** What CrowdSec knows an enforcer by. */
  readonly key: string;
  /** How many ms it rests before it asks CrowdSec again. */
  readonly rest: number;
  /** How many attackers there will be. */
  readonly count: number;
}

const { actor, from, key, rest, count } = settingsOf<EnforcerSettings>();
const enforced = new Map<number, number>();

const note = (address: string): void => {
  const number = attackerNumber(address);
  if (number === undefined || enforced.has(number)) return;
  enforced.set(number, sharedTime());
  if (enforced.size === count) tell('enforced');
};

const followGateway = async (): Promise<void> => {
  const client = createAlertClient({ address: from });
  const cache = client.decisions.cache({
    kinds: ['block_address'],
    onChange: (change) => {
      if (change.kind === 'ended') return;
      const { target } = change.decision;
      if (!cache.isBlocked(target)) throw new Error('what was told is not enforced');
      note(target);
    },
  });
  await cache.ready();
};

interface Decisions {
  readonly new: readonly { readonly value: string }[] | null;
}

const askCrowdSec = async (isFirst: boolean): Promise<void> => {
  const answer = await fetch(`http://${from}/v1/decisions/stream?startup=${String(isFirst)}`, {
    headers: { ...crowdSecAgent, 'x-api-key': key },
  });
  if (!answer.ok) throw new Error(`CrowdSec answered with ${answer.status}`);
  const { new: added } = (await answer.json()) as Decisions;
  for (const { value } of added ?? []) note(value);
};

const followCrowdSec = async (): Promise<void> => {
  await askCrowdSec(true);
  void (async () => {
    for (;;) {
      await sleep(rest);
      await askCrowdSec(false);
    }
  })();
};

const follow: Readonly<Record<Actor, () => Promise<void>>> = {
  gateway: followGateway,
  CrowdSec: followCrowdSec,
  fail2ban: async () => void watch(from, (_, name) => note(name ?? '')),
};

endWithBench();
await follow[actor]();
tell('ready');
await told('report');
tell('report', { times: [...enforced] });
