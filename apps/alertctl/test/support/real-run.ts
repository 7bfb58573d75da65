import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AlertClient, createAlertClient, type ListedResponse } from '@therapytrain/alerts-client';
import type { Alert, Instant, Millis } from '@therapytrain/alerts-core';
import { waitFor } from '@therapytrain/alerts-testkit';
import { type Answers, startAttackers } from './attackers.ts';
import { alertctl, startEnforcingService, startGateway } from './processes.ts';

/** What is run. */
export interface RealRun {
  /** Where data and policy are put. */
  readonly directory: string;
  /** The text of the log of an OpenSSH server. */
  readonly log: string;
  /** So many failures of one address within ten minutes of the log are an attack. */
  readonly failures: number;
  /** How long an attacker is refused. */
  readonly leaseSeconds: number;
  /** How long the attackers rest after each request. */
  readonly rest: Millis;
  /** Alerts a second that are imported; as fast as the gateway keeps them, if left out. */
  readonly rate?: number | undefined;
}

/** What became of an address of the log. */
export interface AddressStory {
  readonly address: string;
  /** How many failures there were of it in the log. */
  readonly failures: number;
  /** In the log's own time: from its first failure to the one that made it an attack. */
  readonly untilAttack: Millis | undefined;
  /** From when its first failure was reported to the first request that was refused. */
  readonly afterFirst: Millis | undefined;
  /** From when the failure was reported that made it an attack to the first request that was refused. */
  readonly afterAttack: Millis | undefined;
  /** From the last request that was served to the first that was refused: how exactly the two above are known. */
  readonly within: Millis | undefined;
  /** From the end of its first lease to the first request that was served again; below 0 is too early. */
  readonly afterLease: Millis | undefined;
  /** How often the lease was extended. */
  readonly extensions: number;
  readonly requests: number;
}

/** What a run showed. */
export interface RealRunResult {
  readonly stories: readonly AddressStory[];
  /** What the import said. */
  readonly imported: string;
  /** How long the import took, with the start of its process. */
  readonly importTook: Millis;
  /** States of the responses in the end. */
  readonly states: readonly ListedResponse['state'][];
}

// Budgets as wide as the drill: what they hold back is another test's matter.
const policyOf = ({ failures, leaseSeconds }: RealRun): string => `
detections:
  - name: brute-force
    when: type == "AUTH_FAILURE"
    group_by: [ipAddress]
    count: ${failures}
    within: 10m
    raise: { type: BRUTE_FORCE, severity: HIGH }
responders:
  block: { kind: block-address, budget: { targets: 1000 } }
playbooks:
  - name: block-attackers
    when: type == "BRUTE_FORCE"
    mode: enforce
    also_old: true # the log is old
    steps: [{ responder: block, target: ipAddress, for: ${leaseSeconds}s }]
    budget: { targets: 1000 }
guardrails:
  budget: { targets: 1000 }
`;

/** All addresses of a log, each once. */
export const addressesOf = (log: string): readonly string[] => [
  ...new Set(log.match(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g)),
];

const allAlerts = async (client: AlertClient, filter: string): Promise<readonly Alert[]> => {
  const found: Alert[] = [];
  let pageToken = '';
  do {
    const page = await client.list({ filter, pageSize: 1_000, pageToken });
    found.push(...page.alerts);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found.reverse();
};

const allResponses = async (client: AlertClient): Promise<readonly ListedResponse[]> => {
  const found: ListedResponse[] = [];
  let pageToken = '';
  do {
    const page = await client.responses.list({ pageToken });
    found.push(...page.responses);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
};

const between = (from: Instant | undefined, to: Instant | undefined): Millis | undefined =>
  from === undefined || to === undefined ? undefined : to - from;

const storyOf = (answers: Answers, alerts: readonly Alert[], responses: readonly ListedResponse[]): AddressStory => {
  const { address, servedLast, refusedFirst, servedAgain, requests } = answers;
  const own = alerts.filter(({ metadata }) => metadata['ipAddress'] === address);
  const failures = own.filter(({ type }) => type === 'AUTH_FAILURE');
  const raised = own.find(({ type }) => type === 'BRUTE_FORCE');
  // The newest of what was counted comes first.
  const [attack] = (raised?.metadata['alerts'] ?? []) as readonly string[];
  const crossing = failures.find(({ id }) => id === attack);
  const leases = responses.filter(({ target }) => target.value === address);
  // It may be refused again later in the log.
  const ends = leases.flatMap(({ until }) => until ?? []);
  return {
    ...{ address, requests, failures: failures.length },
    untilAttack: between(failures[0]?.occurredAt, crossing?.occurredAt),
    afterFirst: between(failures[0]?.receivedAt, refusedFirst),
    afterAttack: between(crossing?.receivedAt, refusedFirst),
    within: between(servedLast, refusedFirst),
    afterLease: ends.length === 0 ? undefined : between(Math.min(...ends), servedAgain),
    extensions: leases.reduce((sum, { extensions }) => sum + extensions, 0),
  };
};

/** True when each attacker was let in again, and no response is under way. */
const isOver = async (client: AlertClient, answers: readonly Answers[]): Promise<boolean> => {
  const attacks = await allAlerts(client, 'type == "BRUTE_FORCE"');
  const attacked = new Set(attacks.map(({ metadata }) => metadata['ipAddress']));
  const free = answers.filter(({ address, servedAgain }) => attacked.has(address) && servedAgain !== undefined);
  if (attacked.size === 0 || free.length < attacked.size) return false;
  return (await allResponses(client)).every(({ state }) => state === 'reverted');
};

/**
 * Imports a log into a real gateway while an Express service in another process serves requests in the name of each of
 * its addresses; waits until every lease is over and has been taken back, and says what became of each address.
 */
export const realRun = async (run: RealRun): Promise<RealRunResult> => {
  await mkdir(run.directory, { recursive: true });
  const [policy, log] = [join(run.directory, 'policy.yaml'), join(run.directory, 'auth.txt')];
  await writeFile(policy, policyOf(run));
  await writeFile(log, run.log);
  const { address } = await startGateway(join(run.directory, 'data'), '127.0.0.1:0', ['--policy', policy]);
  const port = await startEnforcingService(address);
  const client = createAlertClient({ address });
  const attackers = startAttackers(port, addressesOf(run.log), run.rest);
  try {
    // Nobody is refused before.
    await waitFor(() => attackers.answers.every(({ requests }) => requests >= 3));
    const began = Date.now();
    const paced = run.rate === undefined ? [] : ['--rate', String(run.rate)];
    const imported = await alertctl(address, ['import', log, '--format', 'sshd', ...paced]);
    const importTook = Date.now() - began;
    await waitFor(() => isOver(client, attackers.answers), {
      deadline: (run.leaseSeconds + 60) * 1_000,
      what: 'the ends of the leases',
    });
    const [alerts, responses] = [await allAlerts(client, ''), await allResponses(client)];
    return {
      stories: attackers.answers.map((each) => storyOf(each, alerts, responses)),
      imported: imported.out + imported.error,
      importTook,
      states: responses.map(({ state }) => state),
    };
  } finally {
    await attackers.stop();
    await client.close();
  }
};
