import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './chance.ts';
import { createCheck, type Findings, type Violation } from './checker.ts';
import { copyLog, inspect } from './database.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { readBack, repeatSome } from './readback.ts';
import { type RecipeContext, type RecipeWrong, type Tally, wrongly } from './recipe.ts';
import { StartFailed, type Victim, type VictimOptions } from './victim.ts';

/** A data directory that lives through faults, and everything that was ever reported to it. */
export interface History {
  readonly data: string;
  readonly ledger: Ledger;
  close(): void;
}

/** Where a copy of the database is looked at; one for all histories of a recipe. */
const copyIn = (context: RecipeContext): string => join(context.scratch, 'copy');

/**
 * Begins a history. Its journal is written beside it in the scratch directory, which no fault reaches: a line for each
 * report sent, acknowledged or refused.
 */
export const openHistory = (context: RecipeContext, name: string, data?: string): History => {
  const directory = data ?? join(context.scratch, name);
  if (data === undefined) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const journal = createWriteStream(join(context.scratch, `${name}.journal`));
  const ledger = createLedger(context.seed, (line) => void journal.write(`${JSON.stringify(line)}\n`));
  return { data: directory, ledger, close: () => journal.end() };
};

/** A gateway that came up again, if it did, and what was found. */
export interface Recovery {
  readonly victim: Victim | undefined;
  readonly findings: Findings | undefined;
  readonly violations: readonly Violation<RecipeWrong>[];
}

const nothingRead = { victim: undefined, findings: undefined };

/** Starts a gateway, or tells why it does not start. */
export const startOrTell = async (
  context: RecipeContext,
  options: VictimOptions,
): Promise<{ readonly victim: Victim; readonly address: string } | Violation<RecipeWrong>> => {
  const victim = context.start(options);
  try {
    return { victim, address: await victim.listening };
  } catch (error) {
    if (error instanceof StartFailed) return wrongly('restart failed', error.message);
    throw error;
  }
};

/** Compares the log behind a gateway with its history, and sends some reports again. */
export const verify = async (
  address: string,
  { ledger }: History,
  chance: Chance,
  tally: Tally,
): Promise<{ readonly findings: Findings; readonly violations: readonly Violation<RecipeWrong>[] }> => {
  const findings = await readBack(address, createCheck(ledger));
  const repeated = await repeatSome(address, ledger, chance);
  tally.add('alerts read back', findings.stored);
  tally.add('acks checked', findings.acked);
  tally.add('unanswered and kept', findings.unanswered);
  tally.add('reports repeated', repeated.asked);
  return { findings, violations: [...findings.violations, ...repeated.violations] };
};

/**
 * After a fault, with nobody running: looks at a copy of the database, starts the gateway on what is there, and verifies
 * it. Nothing may be on its way any more.
 */
export const recover = async (
  context: RecipeContext,
  history: History,
  chance: Chance,
  tally: Tally,
  options: Omit<VictimOptions, 'data'> = {},
): Promise<Recovery> => {
  copyLog(history.data, copyIn(context));
  const inspection = await inspect(copyIn(context));
  const started = await startOrTell(context, { ...options, data: history.data });
  if ('wrong' in started) return { ...nothingRead, violations: [started] };
  const { findings, violations } = await verify(started.address, history, chance, tally);
  return {
    victim: started.victim,
    findings,
    violations: [...violations, ...(inspection ? judgeInspection(inspection, findings) : [])],
  };
};

/** What a look at the database without the gateway shows. */
export const judgeInspection = (
  { integrity, alerts, reports, audit }: NonNullable<Awaited<ReturnType<typeof inspect>>>,
  { stored }: Pick<Findings, 'stored'>,
): Violation<RecipeWrong>[] => [
  ...(integrity.join() === 'ok' ? [] : [wrongly('corrupt', `integrity check: ${integrity.slice(0, 3).join('; ')}`)]),
  ...(audit === undefined ? [] : [wrongly('corrupt', `the audit log: ${audit}`)]),
  ...(alerts === reports ? [] : [wrongly('corrupt', `${alerts} alerts, but ${reports} request ids`)]),
  ...(alerts === stored ? [] : [wrongly('not streamed', `${alerts} alerts in the database, ${stored} streamed`)]),
];
