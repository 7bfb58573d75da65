// A process that plans and settles as fast as it can and writes down what was acknowledged, for the fault tests to kill.
//
//   node planner.ts DIRECTORY FIRST SIZE CALLERS
//
// Each caller commits an incident and SIZE jobs, claims some, and settles them, again and again. Each commit leaves
// entries in the audit; for each one a line is printed once it is acknowledged, with its action and subject.
import { AlertError, type Claim, type NewAuditEntry, systemPorts } from '@therapytrain/alerts-core';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { incidentOf, jobOf, testPorts } from '@therapytrain/alerts-testkit';

const [directory = '', first = '0', size = '1', callers = '1'] = process.argv.slice(2);

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const codeOf = (error: unknown): string => (error instanceof AlertError ? error.code : String(error));

const store = await openSqliteStore({ directory }).catch((error: unknown) => {
  print(`refused ${codeOf(error)}`);
  process.exit(1);
});
const ports = { ...testPorts(), ...systemPorts(), clock: testPorts({ start: Date.now() }).clock };
let next = Number(first);

const entry = (action: string, subject: string): NewAuditEntry => {
  return { at: ports.clock.now(), actor: 'gateway', action, subject, facts: {} };
};
const told = (entries: readonly NewAuditEntry[]): void => {
  for (const { action, subject } of entries) print(`acknowledged ${action} 0 ${subject}`);
};

const plan = async (): Promise<void> => {
  const key = (next++).toString(16).padStart(32, '0');
  const jobs = Array.from({ length: Number(size) }, () => jobOf(ports, { severity: 4 }));
  const audit = jobs.map(({ id }) => entry('planned', id));
  await store.commit({
    incidents: [incidentOf(ports, { key })],
    jobs,
    counts: [{ channel: 'mail', state: 'accepted', pairs: jobs.length }],
    audit,
  });
  told(audit);
};

const settle = async (claims: readonly Claim[]): Promise<void> => {
  const settled = claims.map((claim, at) => ({
    claim,
    next:
      at % 3 === 0
        ? ({ state: 'dead', reason: 'refused', detail: '' } as const)
        : ({ state: 'done', proof: '250', ref: claim.job.id } as const),
    changes: { audit: [entry('settled', claim.job.id)] },
  }));
  const kept = await store.settle(settled);
  told(settled.flatMap(({ changes }, at) => (kept[at] === true ? changes.audit : [])));
};

const keepOn = async (): Promise<void> => {
  for (;;) {
    try {
      await plan();
      const now = ports.clock.now();
      await settle(
        await store.claim({
          now,
          until: now + 60_000,
          limit: Number(size),
          perTarget: { default: 1_000, of: {} },
          except: [],
          unaided: [],
        }),
      );
    } catch (error) {
      print(`refused ${codeOf(error)}`);
    }
  }
};

print('opened');
for (let caller = 0; caller < Number(callers); caller++) void keepOn();
