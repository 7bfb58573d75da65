import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Alert } from '@therapytrain/alerts-api';
import { createIds, systemClock, systemRandom } from '@therapytrain/alerts-core';
import { createCheck, type Violation } from '../checker.ts';
import { copyLog, inspect, tamper } from '../database.ts';
import { type History, judgeInspection, openHistory } from '../history.ts';
import type { Entry } from '../ledger.ts';
import { startLoad, usualLoad } from '../load.ts';
import { readBack, repeatEntries } from '../readback.ts';
import { type Control, controlOf, type Recipe, type RecipeContext, summaryOf } from '../recipe.ts';

const enough = 60;
const ids = createIds(systemClock, systemRandom);

/** A log that was written and closed in peace. */
const writeLog = async (context: RecipeContext): Promise<History> => {
  const history = openHistory(context, 'checker');
  const victim = context.start({ data: history.data });
  const load = startLoad(await victim.listening, history.ledger, context.chance('checker'), usualLoad);
  await load.acknowledged(enough);
  await load.stop();
  victim.signal('SIGTERM');
  await victim.exited;
  history.close();
  return history;
};

/** One alert for each kind of harm, so that each has to be found by itself. */
interface Targets {
  readonly removed: Entry;
  readonly doubled: Entry;
  readonly swapped: readonly [Entry, Entry];
  readonly changed: Entry;
  readonly forgotten: Entry;
}

const targetsOf = ({ ledger }: History): Targets => {
  const [removed, doubled, one, other, changed, forgotten] = ledger.entries.filter(({ state }) => state === 'acked');
  if (!removed || !doubled || !one || !other || !changed || !forgotten) throw new Error('too little was acknowledged');
  return { removed, doubled, swapped: [one, other], changed, forgotten };
};

const harm = (db: DatabaseSync, targets: Targets): void => {
  const bytesOf = ({ sequence }: Entry): Uint8Array =>
    (db.prepare('SELECT encoded FROM alerts WHERE sequence = ?').get(sequence) as { encoded: Uint8Array }).encoded;
  const put = ({ sequence }: Entry, encoded: Uint8Array): unknown =>
    db.prepare('UPDATE alerts SET encoded = ? WHERE sequence = ?').run(encoded, sequence);
  const add = (alert: Alert): unknown =>
    db
      .prepare('INSERT INTO alerts SELECT max(sequence) + 1, ? FROM alerts')
      .run(Alert.encode({ ...alert, id: ids.next() }).finish());
  const { removed, doubled, swapped, changed, forgotten } = targets;
  add(Alert.decode(bytesOf(doubled)));
  add({ ...Alert.decode(bytesOf(doubled)), dedupKey: ids.next() });
  const [one, other] = swapped.map(bytesOf);
  if (one && other) {
    put(swapped[0], other);
    put(swapped[1], one);
  }
  const said = Alert.decode(bytesOf(changed));
  put(changed, Alert.encode({ ...said, message: `${said.message}.` }).finish());
  db.prepare('DELETE FROM reports WHERE sequence = ?').run(forgotten.sequence);
  db.prepare('DELETE FROM alerts WHERE sequence = ?').run(removed.sequence);
};

/** Runs the checker over a copy, which may have been harmed, through the real gateway. */
const checkCopy = async (
  context: RecipeContext,
  history: History,
  name: string,
  change: (db: DatabaseSync) => void,
  repeated: readonly Entry[],
): Promise<Violation[]> => {
  const data = join(context.scratch, name);
  copyLog(history.data, data);
  tamper(data, change);
  const inspection = await inspect(data);
  const victim = context.start({ data });
  const address = await victim.listening;
  const findings = await readBack(address, createCheck(history.ledger));
  const answers = await repeatEntries(address, history.ledger, repeated);
  await victim.kill();
  return [...findings.violations, ...answers, ...(inspection ? judgeInspection(inspection, findings) : [])];
};

const about = (entry: Entry, violations: readonly Violation[]): Violation[] =>
  violations.filter(({ number }) => number === entry.number);

const controlsOf = (targets: Targets, all: readonly Violation[]): Control[] => {
  const { removed, doubled, swapped, changed, forgotten } = targets;
  const touched = [removed, doubled, ...swapped, changed, forgotten].map(({ number }) => number);
  const innocent = all.filter(({ number }) => number >= 0 && !touched.includes(number));
  return [
    controlOf('an acknowledged alert removed', 'lost', about(removed, all)),
    controlOf('an alert kept twice', 'doubled', about(doubled, all)),
    controlOf('two alerts exchanged: the first', 'moved', about(swapped[0], all)),
    controlOf('two alerts exchanged: the second', 'moved', about(swapped[1], all)),
    controlOf('two alerts exchanged: the order', 'out of order', all),
    controlOf('one letter added to a message', 'changed', about(changed, all)),
    controlOf('an alert that nobody reported', 'invented', all),
    controlOf('a request id forgotten', 'answered differently', about(forgotten, all)),
    controlOf('a request id forgotten: the count', 'corrupt', all),
    silent('all other alerts', innocent),
  ];
};

const silent = (name: string, violations: readonly Violation[]): Control => ({
  name,
  must: 'nothing',
  saw: summaryOf(violations),
  good: violations.length === 0,
});

// Rubbish over the inner pages, where rows and the index are.
const spoil = (file: string): void => {
  const page = 4_096;
  const rubbish = Buffer.alloc(page, 0xa5);
  const pages = Math.floor(statSync(file).size / page);
  const handle = openSync(file, 'r+');
  for (let at = Math.floor(pages / 2); at < pages; at += 3) writeSync(handle, rubbish, 0, page, at * page);
  closeSync(handle);
};

const integrityControl = async (context: RecipeContext, history: History): Promise<Control> => {
  const data = join(context.scratch, 'spoilt');
  copyLog(history.data, data);
  spoil(join(data, 'alerts.db'));
  const inspection = await inspect(data);
  return controlOf(
    'pages of the database overwritten',
    'corrupt',
    inspection ? judgeInspection(inspection, { stored: 0 }) : [],
  );
};

const auditControl = async (context: RecipeContext, history: History): Promise<Control> => {
  const data = join(context.scratch, 'forged');
  copyLog(history.data, data);
  tamper(data, (db) => db.exec("UPDATE audit SET actor = 'nobody' WHERE sequence = 1"), 'plan.db');
  const inspection = await inspect(data);
  const found = inspection ? judgeInspection(inspection, { stored: inspection.alerts }) : [];
  return controlOf('an entry of the audit edited', 'corrupt', found);
};

/** Proves that the checker, which all recipes trust, finds each kind of harm, and finds nothing where there is none. */
export const checker: Recipe = {
  name: 'checker',
  weight: 1,
  obstacle: () => undefined,
  run: async (context) => {
    const history = await writeLog(context);
    context.progress('a log without harm');
    const unharmed = await checkCopy(
      context,
      history,
      'unharmed',
      () => {},
      history.ledger.entries.filter(({ state }) => state === 'acked').slice(0, 10),
    );
    const targets = targetsOf(history);
    context.progress('a log with harm');
    const harmed = await checkCopy(context, history, 'harmed', (db) => harm(db, targets), [targets.forgotten]);
    return {
      counts: { 'acks checked': history.ledger.count('acked') },
      violations: [],
      controls: [
        silent('a log as it was written', unharmed),
        ...controlsOf(targets, harmed),
        await integrityControl(context, history),
        await auditControl(context, history),
      ],
    };
  },
};
