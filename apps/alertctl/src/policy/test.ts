import { dirname, resolve } from 'node:path';
import { type CaseResult, casesOf, type PolicyFault, readPolicy, runCase } from '@therapytrain/alerts-manager';
import { ExitCode } from '../exit-code.ts';
import { type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Session } from '../session.ts';
import { counted, faultLines, textOf } from './actions.ts';
import { policyKinds } from './kinds.ts';

/** What became of one file of cases. */
interface FileResult {
  readonly file: string;
  /** The file that has the faults: that of the cases, or the policy that they name. */
  readonly faulty: string;
  readonly faults: readonly PolicyFault[];
  readonly results: readonly CaseResult[];
}

const runFile = async (session: Session, file: string, instead: string | undefined): Promise<FileResult> => {
  const { value, faults } = casesOf(textOf(file));
  if (!value) return { file, faulty: file, faults, results: [] };
  const path = instead ?? resolve(dirname(file), value.policy);
  const reading = readPolicy(textOf(path), { ...policyKinds, secrets: undefined });
  const { policy } = reading;
  if (!policy) return { file, faulty: path, faults: reading.faults, results: [] };
  const results: CaseResult[] = [];
  for (const each of value.cases) results.push(await runCase(each, policy, session.ids));
  return { file, faulty: path, faults: [], results };
};

const caseLines = ({ name, failures }: CaseResult, paint: Paint): readonly string[] => [
  `  ${failures.length === 0 ? paint('green', '✓') : paint('red', '✗')} ${safeLine(name)}`,
  ...failures.map(
    ({ what, expected, actual }) =>
      `      ${safeLine(what)}: expected ${paint('green', safeLine(expected))}, got ${paint('red', safeLine(actual))}`,
  ),
];

const fileLines = ({ file, faulty, faults, results }: FileResult, paint: Paint): readonly string[] => [
  safeLine(file),
  ...faultLines(faulty, faults, ['fault', 'red'], paint),
  ...results.flatMap((each) => caseLines(each, paint)),
];

const summary = (all: readonly FileResult[], paint: Paint): string => {
  const results = all.flatMap((each) => each.results);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const broken = all.filter(({ faults }) => faults.length > 0).length;
  const parts = [
    paint('green', `${results.length - failed} passed`),
    ...(failed > 0 ? [paint('red', `${failed} failed`)] : []),
    ...(broken > 0 ? [paint('red', `${counted(broken, 'file')} not run`)] : []),
  ];
  return `${counted(results.length, 'case')}: ${parts.join(', ')}`;
};

const printJson = async (session: Session, { file, faulty, faults, results }: FileResult): Promise<void> => {
  for (const fault of faults) await session.printJson({ file, passed: false, fault: { file: faulty, ...fault } });
  for (const { name, failures } of results) {
    await session.printJson({ file, case: name, passed: failures.length === 0, failures });
  }
};

/** Runs files of cases, and says what a policy does otherwise than they expect. No gateway is asked. */
export const testPolicies = async (
  session: Session,
  files: readonly string[],
  { policy }: { readonly policy?: string },
): Promise<ExitCode> => {
  const all: FileResult[] = [];
  for (const file of files) {
    const result = await runFile(session, file, policy);
    all.push(result);
    if (session.global.json) await printJson(session, result);
    else await session.print(fileLines(result, session.paint));
  }
  if (!session.global.json) await session.print([summary(all, session.paint)]);
  const passed = all.every(
    ({ faults, results }) => faults.length === 0 && results.every((each) => each.failures.length === 0),
  );
  return passed ? ExitCode.OK : ExitCode.REFUSED;
};
