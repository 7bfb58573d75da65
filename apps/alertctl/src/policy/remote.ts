import { type PolicyInForce, type RefusedPolicy, type ReloadedPolicy } from '@therapytrain/alerts-client';
import { AlertError, type Instant } from '@therapytrain/alerts-core';
import { readPolicy } from '@therapytrain/alerts-manager';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { aligned } from '../output/alerts.ts';
import { type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { fromNow, localTime, rfc3339 } from '../output/time.ts';
import { type Session } from '../session.ts';
import { changeLine, counted, faultLines } from './actions.ts';
import { policyKinds } from './kinds.ts';
import { policyTree } from './tree.ts';

/** What a gateway says of an attempt that it refused, and what to do about it. */
export const refusedLines = (refused: RefusedPolicy, file: string, paint: Paint): readonly string[] => [
  paint('red', safeLine(`not in force: ${refused.faults.length > 0 ? 'the file has faults' : refused.message}`)),
  ...faultLines(file, refused.faults, ['fault', 'red'], paint),
  ...refused.changes.map((each) => changeLine(each, paint)),
  ...(refused.code === 'COVERAGE_LOST'
    ? [paint('dim', 'alertctl policy reload --accept-lost-coverage puts it in force')]
    : []),
];

const when = (at: Instant, now: Instant): string => `${localTime(at)} (${fromNow(at, now)})`;

const heading = ({ version, file, loadedAt }: PolicyInForce, { clock, paint }: Session): readonly string[] =>
  aligned(
    [
      ['Version', safeLine(version)],
      ['In force since', when(loadedAt, clock.now())],
      ['From', file === '' ? 'the built-in policy' : safeLine(file)],
    ],
    paint,
  );

const refusedJson = (refused: RefusedPolicy) => ({ ...refused, at: rfc3339(refused.at) });

const bodyOf = ({ text }: PolicyInForce, session: Session): readonly string[] => {
  // What is in force there is read here; a gateway with other channels may have one that this alertctl cannot read.
  const { policy } = readPolicy(text, { ...policyKinds, secrets: undefined });
  if (policy) return policyTree(policy, session.paint, session.stdout.columns);
  return text.split('\n').map(safeLine);
};

/** Shows the policy in force in a gateway. */
export const showPolicy = async (
  session: Session,
  { yaml = false }: { readonly yaml?: boolean },
): Promise<ExitCode> => {
  const { client, clock, global, paint } = session;
  const policy = await client.policy.get();
  if (global.json) {
    const refused = policy.refused ? refusedJson(policy.refused) : null;
    await session.printJson({ ...policy, loadedAt: rfc3339(policy.loadedAt), refused });
  } else if (yaml) await session.print(policy.text.replace(/\n$/, '').split('\n').map(safeLine));
  else {
    const refused = policy.refused
      ? [
          '',
          `${paint('dim', 'Refused')} ${fromNow(policy.refused.at, clock.now())}`,
          ...refusedLines(policy.refused, policy.file, paint),
        ]
      : [];
    await session.print([...heading(policy, session), ...refused, '', ...bodyOf(policy, session)]);
  }
  return ExitCode.OK;
};

/** How a reload is asked for. */
export interface ReloadPolicyOptions {
  readonly acceptLostCoverage?: boolean;
  readonly expect?: string;
  readonly dryRun?: boolean;
}

/** Says what a reload put in force, or would; what it does otherwise, unless a person has just read that. */
const tellReloaded = async (
  session: Session,
  reloaded: ReloadedPolicy,
  { dryRun = false, known = false }: { readonly dryRun?: boolean; readonly known?: boolean },
): Promise<ExitCode> => {
  const { version, previousVersion, changes } = reloaded;
  if (session.global.json) {
    await session.printJson({ ...reloaded, inForce: !dryRun });
    return ExitCode.OK;
  }
  const what = version === previousVersion ? 'is in force as before' : dryRun ? 'would be in force' : 'is in force';
  await session.print([
    ...(known ? [] : changes.map((each) => changeLine(each, session.paint))),
    `${session.paint('green', safeLine(version))} ${what}, ${counted(changes.length, 'difference')}`,
  ]);
  return ExitCode.OK;
};

const tellRefused = async (session: Session, error: AlertError): Promise<RefusedPolicy | undefined> => {
  const { file, refused } = await session.client.policy.get();
  if (!refused || refused.code !== error.code) throw error;
  if (session.global.json) await session.printJson({ inForce: false, refused: refusedJson(refused) });
  else await session.print(refusedLines(refused, file, session.paint));
  return refused;
};

/** Has the gateway read its policy again; asks before coverage is lost. */
export const reloadPolicy = async (session: Session, options: ReloadPolicyOptions): Promise<ExitCode> => {
  const { acceptLostCoverage = false, expect: expectedVersion, dryRun = false } = options;
  const { policy } = session.client;
  try {
    const asked = { acceptLostCoverage, dryRun, expectedVersion };
    return await tellReloaded(session, await policy.reload(asked), { dryRun });
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    if (dryRun || (error.code !== 'COVERAGE_LOST' && error.code !== 'POLICY_INVALID')) throw error;
    const refused = await tellRefused(session, error);
    // A script must say itself that coverage may be lost: --yes alone does not.
    const canAsk = 'isTTY' in session.stdin && session.stdin.isTTY === true;
    if (refused?.code !== 'COVERAGE_LOST' || session.global.json || !canAsk) return ExitCode.REFUSED;
    const lost = refused.changes.filter(({ kind }) => kind === 'lost').length;
    if (!(await confirm(session, `Lose this coverage (${lost} of these differences)?`, false))) return ExitCode.REFUSED;
    // That file and no other: it may have been changed while the person was reading.
    const accepted = { acceptLostCoverage: true, expectedVersion: refused.version };
    return tellReloaded(session, await policy.reload(accepted), { known: true });
  }
};
