import { readFileSync } from 'node:fs';
import {
  policyDifference,
  type PolicyChange,
  type PolicyFault,
  policyJsonSchema,
  type PolicyReading,
  readPolicy,
} from '@therapytrain/alerts-manager';
import { ExitCode } from '../exit-code.ts';
import { reasonOf, UsageError } from '../output/fault.ts';
import { type Paint, type Style } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Session } from '../session.ts';
import { channelKinds, policyKinds, responderKinds } from './kinds.ts';

const readFile = (path: string): string => readFileSync(path, 'utf8');

/** The text of a file. Throws a `UsageError` where it cannot be read. */
export const textOf = (file: string): string => {
  try {
    return readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${reasonOf(error)}`);
  }
};

/** Reads a policy file. Throws a `UsageError` where it cannot be read. */
export const readingOf = ({ environment }: Session, file: string, withSecrets: boolean): PolicyReading => {
  const text = textOf(file);
  return readPolicy(text, { ...policyKinds, secrets: withSecrets ? { environment, readFile } : undefined });
};

/** Faults or lints, each at its place in a file. */
export const faultLines = (
  file: string,
  found: readonly PolicyFault[],
  [word, style]: readonly [string, Style],
  paint: Paint,
): readonly string[] =>
  found.flatMap(({ line, column, path, rule, hint }) => [
    `${safeLine(`${file}:${line}:${column}`)}: ${paint(style, word)}: ${safeLine(`${path}: ${rule}`)}`,
    ...(hint ? [`    ${paint('dim', safeLine(hint))}`] : []),
  ]);

/** `1 fault`, `2 faults`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const readingLines = (file: string, { policy, faults, lints }: PolicyReading, paint: Paint): readonly string[] => [
  ...faultLines(file, faults, ['fault', 'red'], paint),
  ...faultLines(file, lints, ['lint', 'yellow'], paint),
  policy
    ? `${safeLine(file)}: ${paint('green', 'valid')}, version ${policy.version}, ${counted(lints.length, 'lint')}`
    : `${safeLine(file)}: ${paint('red', 'not valid')}, ${counted(faults.length, 'fault')}`,
];

const readingJson = (file: string, { policy, faults, lints }: PolicyReading) => ({
  file,
  valid: policy !== undefined,
  version: policy?.version ?? null,
  faults,
  lints,
});

/** Says everything that is wrong or doubtful in a policy. */
export const checkPolicy = async (
  session: Session,
  file: string,
  { withoutSecrets = false }: { readonly withoutSecrets?: boolean },
): Promise<ExitCode> => {
  const reading = readingOf(session, file, !withoutSecrets);
  if (session.global.json) await session.printJson(readingJson(file, reading));
  else await session.print(readingLines(file, reading, session.paint));
  return reading.policy ? ExitCode.OK : ExitCode.REFUSED;
};

const styles: Readonly<Record<PolicyChange['kind'], Style>> = {
  lost: 'red',
  doubtful: 'yellow',
  gained: 'green',
  changed: 'cyan',
};

/** What a policy does otherwise, coloured by what it means. */
export const changeLine = ({ kind, text }: PolicyChange, paint: Paint): string =>
  `${paint(styles[kind], kind.padEnd('doubtful'.length))}  ${safeLine(text)}`;

/** Says what a policy does otherwise than another. Their secrets are not looked for. */
export const diffPolicies = async (session: Session, before: string, after: string): Promise<ExitCode> => {
  const files = [before, after].map((file) => ({ file, reading: readingOf(session, file, false) }));
  const [old, now] = files.map(({ reading }) => reading.policy);
  if (!old || !now) {
    for (const { file, reading } of files.filter((each) => !each.reading.policy)) {
      if (session.global.json) await session.printJson(readingJson(file, reading));
      else await session.print(readingLines(file, reading, session.paint));
    }
    return ExitCode.REFUSED;
  }
  const changes = policyDifference(old, now);
  if (session.global.json) await session.printJson({ before: old.version, after: now.version, changes });
  else if (changes.length === 0) await session.note('alertctl: no difference that matters');
  else await session.print(changes.map((each) => changeLine(each, session.paint)));
  return ExitCode.OK;
};

/** Prints the JSON schema of a policy. */
export const printPolicySchema = async (session: Session): Promise<ExitCode> => {
  const schema = policyJsonSchema(channelKinds.values(), responderKinds.values());
  if (session.global.json) await session.printJson(schema);
  else await session.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
  return ExitCode.OK;
};
