import { Command, Option } from 'commander';
import { type AlertSeverity, type Metadata } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { metadataArgument, severityArgument, severityNames, typeArgument, uuidArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { explanationLines } from '../output/explanation.ts';
import { UsageError } from '../output/fault.ts';
import { type Session } from '../session.ts';

interface ExplainOptions {
  readonly type?: string;
  readonly severity?: AlertSeverity;
  readonly message?: string;
  readonly metadata?: Metadata;
  readonly dedupKey?: string;
}

const unsaidMessage = 'Hypothetical alert';

const subjectOf = (alertId: string | undefined, { type, message = unsaidMessage, ...said }: ExplainOptions) => {
  if (alertId !== undefined && type === undefined) return { alertId };
  if (alertId === undefined && type !== undefined) return { draft: { ...said, type, message } };
  throw new UsageError('give the id of an alert, or --type and what else a hypothetical one would say; not both');
};

const explain = async (session: Session, id: string | undefined, options: ExplainOptions): Promise<ExitCode> => {
  const explanation = await session.client.explain(subjectOf(id, options));
  if (session.global.json) {
    const { alertId, policy: policyVersion, incident, steps } = explanation;
    await session.printJson({ alertId, policyVersion, incidentId: incident, steps });
  } else await session.print(explanationLines(explanation, session.paint));
  return ExitCode.OK;
};

/** `alertctl explain`: why people were told of an alert, or not. */
export const explainCommand = (act: Act): Command =>
  new Command('explain')
    .summary('say why people were told of an alert, or not')
    .description(
      'Says why people were or were not told of an alert, or would be of one that was never reported. Changes nothing.',
    )
    .argument('[alert-id]', "the alert's id", uuidArgument)
    .option('--type <type>', 'of a hypothetical alert', typeArgument)
    .addOption(
      new Option('--severity <severity>', "the type's default if left out")
        .choices(severityNames)
        .argParser(severityArgument),
    )
    .option('--message <text>', 'what happened')
    .option('--metadata <key=value>', 'a fact; JSON where it is JSON, else text; repeat for more', metadataArgument)
    .option('--dedup-key <key>', "the reporter's own name for the thing")
    .addHelpText(
      'after',
      `
Examples:
  alertctl explain 0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f
  alertctl explain --type AUTH_FAILURE --severity CRITICAL --metadata userId=u-17 --source login`,
    )
    .action(act(explain));
