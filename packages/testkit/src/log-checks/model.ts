import assert from 'node:assert/strict';
import {
  type AlertErrorCode,
  AlertError,
  type AlertLog,
  type AppendResult,
  type KeptAlert,
  type LogBatch,
  type Receipt,
  type StampedAlert,
  withSequence,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { draftOf, requestIdOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import type { TestPorts } from '../test-ports.ts';
import { type LogCheck, type LogSubject, textsOf } from './subject.ts';

/** One report of a run. Few request ids, sources and contents, so that they meet again. */
interface Report {
  readonly request: number | undefined;
  readonly source: 'one' | 'other';
  readonly content: number;
  readonly upperCase: boolean;
}

/** One step of a run. Places are parts of what there is at that moment, so that they fit whatever came before. */
type Step =
  | { readonly kind: 'append'; readonly calls: readonly (readonly Report[])[] }
  | { readonly kind: 'read' | 'readBack'; readonly place: number; readonly limit: number }
  | { readonly kind: 'find'; readonly place: number }
  | { readonly kind: 'seek' | 'retain'; readonly place: number }
  | { readonly kind: 'tick'; readonly span: number }
  | { readonly kind: 'restart'; readonly how: 'reopen' | 'crash' };

const reports: fc.Arbitrary<Report> = fc.record({
  request: fc.option(fc.nat(7), { nil: undefined, freq: 6 }),
  source: fc.constantFrom('one', 'other'),
  content: fc.nat(1),
  upperCase: fc.boolean(),
});
const place = fc.double({ min: 0, max: 1, noNaN: true });
const calls = fc.array(fc.array(reports, { maxLength: 4 }), { minLength: 1, maxLength: 4 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('append' as const), calls }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('read', 'readBack'), place, limit: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('find' as const), place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('seek', 'seek', 'retain'), place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick' as const), span: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), how: fc.constantFrom('reopen', 'crash') }),
  },
);

interface Kept extends KeptAlert {
  readonly id: string;
  readonly receivedAt: number;
}

/** What a log is: a list, and the reports it knows. */
const createModel = () => {
  const known = new Map<string, Receipt & { readonly content: string }>();
  let kept: Kept[] = [];
  let newest = 0;
  let newestId: string | undefined;
  const oldest = (): number => (kept[0]?.sequence ?? newest + 1) - 1;
  const append = ({ alert, requestId, encoded }: StampedAlert): Receipt | AlertErrorCode => {
    const key = `${alert.source} ${requestId?.toLowerCase() ?? alert.id}`;
    const before = known.get(key);
    if (before && before.content !== alert.message) return 'REQUEST_ID_REUSED';
    if (before) return { alertId: before.alertId, sequence: before.sequence, duplicate: true };
    const receipt = { alertId: alert.id, sequence: ++newest, duplicate: false };
    newestId = alert.id;
    known.set(key, { ...receipt, content: alert.message });
    kept.push({ sequence: newest, encoded: withSequence(encoded, newest), id: alert.id, receivedAt: alert.receivedAt });
    return receipt;
  };
  return {
    append,
    kept: (): readonly Kept[] => kept,
    after: (cursor: number) => (cursor < oldest() ? undefined : kept.filter(({ sequence }) => sequence > cursor)),
    upTo: (cursor: number) => kept.filter(({ sequence }) => sequence <= cursor).reverse(),
    seek: (since: number) => (kept.find(({ receivedAt }) => receivedAt >= since)?.sequence ?? newest + 1) - 1,
    retain: (before: number): number => {
      const old = kept.length;
      kept = kept.filter(({ receivedAt }) => receivedAt >= before);
      return old - kept.length;
    },
    bounds: () => ({ oldest: oldest(), newest, newestId }),
  };
};

type Model = ReturnType<typeof createModel>;

const stampReport = ({ request, source, content, upperCase }: Report, ports: TestPorts): StampedAlert => {
  const id = request === undefined ? undefined : requestIdOf(request + 0xabc);
  const draft = { ...draftOf(0), message: `content ${content}` };
  const { requestId: _, ...anonymous } = draft;
  return stamp(
    id === undefined ? anonymous : { ...anonymous, requestId: upperCase ? id.toUpperCase() : id },
    ports,
    source,
  );
};

const shown = (result: AppendResult): Receipt | AlertErrorCode => (result instanceof AlertError ? result.code : result);

const readOrCode = async (read: Promise<LogBatch>): Promise<unknown> => {
  try {
    const { alerts, cursor } = await read;
    return { alerts: textsOf(alerts), cursor };
  } catch (error) {
    if (error instanceof AlertError) return error.code;
    throw error;
  }
};

const appendSame = async (log: AlertLog, model: Model, ports: TestPorts, step: Step & { kind: 'append' }) => {
  const stampedCalls = step.calls.map((call) => call.map((report) => stampReport(report, ports)));
  const answers = await Promise.all(stampedCalls.map((call) => log.append(call)));
  assert.deepEqual(
    answers.map((results) => results.map(shown)),
    stampedCalls.map((call) => call.map(model.append)),
  );
};

const readSame = async (log: AlertLog, model: Model, step: Step & { kind: 'read' | 'readBack' }): Promise<void> => {
  const cursor = Math.round(step.place * (model.bounds().newest + 1));
  if (step.kind === 'readBack') {
    const { alerts } = await log.readBack(cursor, step.limit);
    return assert.deepEqual(textsOf(alerts), textsOf(model.upTo(cursor).slice(0, step.limit)));
  }
  const alerts = model.after(cursor)?.slice(0, step.limit);
  const expected = alerts && { alerts: textsOf(alerts), cursor: alerts.at(-1)?.sequence ?? cursor };
  assert.deepEqual(await readOrCode(log.read(cursor, step.limit)), expected ?? 'CURSOR_EXPIRED');
};

const findSame = async (log: AlertLog, model: Model, { place }: Step & { kind: 'find' }): Promise<void> => {
  const wanted = model.kept()[Math.floor(place * model.kept().length)];
  if (!wanted) return;
  const found = await log.find(wanted.id);
  assert.deepEqual(textsOf(found ? [found] : []), textsOf([wanted]));
};

/** Runs a step on both, and fails where they differ. Gives the log that the next step is for. */
const runSame = async (step: Step, log: AlertLog, model: Model, subject: LogSubject): Promise<AlertLog> => {
  const { clock } = subject.ports;
  const instant = (part: number): number => clock.now() - 40 + Math.round(part * 41);
  switch (step.kind) {
    case 'append':
      await appendSame(log, model, subject.ports, step);
      return log;
    case 'read':
    case 'readBack':
      await readSame(log, model, step);
      return log;
    case 'find':
      await findSame(log, model, step);
      return log;
    case 'seek':
      assert.equal(await log.seek(instant(step.place)), model.seek(instant(step.place)));
      return log;
    case 'retain':
      assert.equal(await log.retain({ before: instant(step.place) }), model.retain(instant(step.place)));
      return log;
    case 'tick':
      await clock.advance(step.span);
      return log;
    case 'restart':
      return (await subject[step.how]?.()) ?? log;
  }
};

const behavesAsTheModel = async (subject: LogSubject, run: readonly Step[]): Promise<void> => {
  const model = createModel();
  let { log } = subject;
  for (const step of run) {
    log = await runSame(step, log, model, subject);
    const { bytes: _, ...bounds } = log.bounds();
    assert.deepEqual(bounds, model.bounds());
  }
};

/** One check that runs whatever steps chance makes up on the log and on a list, and compares. It prints its seed. */
export const modelChecks: readonly LogCheck[] = [
  {
    name: 'whatever is done to it, a log behaves as a list does',
    check: (open) =>
      fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 40, size: 'max' }), async (run) => {
          const subject = await open();
          try {
            await behavesAsTheModel(subject, run);
          } finally {
            await subject.dispose();
          }
        }),
        { numRuns: 12, interruptAfterTimeLimit: 20_000 },
      ),
  },
];
