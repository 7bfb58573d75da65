import { type AlertDraft, encodeReport } from '@therapytrain/alerts-core';
import { numberedDraft } from '../payload.ts';

/** What acts on attackers. */
export type Actor = 'gateway' | 'CrowdSec' | 'fail2ban';

// Of the range for benchmarks (RFC 2544), which nobody protects.
const network = '198.18.';
const perPart = 256;

/** How many attackers there are at most. */
export const mostAttackers = perPart * perPart;

/** The address of the n-th attacker. */
export const attackerAddress = (number: number): string =>
  `${network}${Math.floor(number / perPart) % perPart}.${number % perPart}`;

/** Which attacker an address is; undefined for none of them. */
export const attackerNumber = (address: string): number | undefined => {
  if (!address.startsWith(network)) return undefined;
  const [upper = Number.NaN, lower = Number.NaN] = address.slice(network.length).split('.').map(Number);
  const number = upper * perPart + lower;
  return attackerAddress(number) === address ? number : undefined;
};

const draftOf = (number: number): AlertDraft => {
  const draft = numberedDraft(number);
  return { ...draft, metadata: { ...draft.metadata, ipAddress: attackerAddress(number) } };
};

/** A report of what the n-th attacker did, as a `ReportAlertRequest`. */
export const attackReport = (number: number): Uint8Array => encodeReport(draftOf(number));

/** The same for CrowdSec's local API: an alert that asks for a remedy. */
export const attackPost = (number: number, time: string): string =>
  JSON.stringify([
    {
      ...{ scenario: 'bench/brute-force', scenario_hash: '', scenario_version: '', message: draftOf(number).message },
      ...{ events_count: 1, events: [], start_at: time, stop_at: time, capacity: 0, leakspeed: '1s' },
      ...{ simulated: false, remediation: true },
      source: { scope: 'Ip', value: attackerAddress(number), ip: attackerAddress(number) },
    },
  ]);

/** What CrowdSec wants to hear who asks: it refuses an agent without a version. */
export const crowdSecAgent = { 'user-agent': 'bench/1.0' } as const;

/** A report of it as a line of a log, for fail2ban. */
export const attackLine = (number: number, time: string): string =>
  `${time} sshd[1]: Failed password for root from ${attackerAddress(number)} port 51022 ssh2\n`;

/** Milliseconds that all processes of this machine count alike, and that no setting of the clock moves. */
export const sharedTime = (): number => Number(process.hrtime.bigint()) / 1e6;
