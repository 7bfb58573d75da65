import { Argument, Command, Option } from 'commander';
import { type AlertClient } from '@therapytrain/alerts-client';
import {
  type AlertDraft,
  AlertError,
  type AlertSeverity,
  AlertType,
  type Instant,
  type Metadata,
} from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import {
  instantArgument,
  metadataArgument,
  severityArgument,
  severityNames,
  typeArgument,
  uuidArgument,
} from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { type Session } from '../session.ts';

interface ReportOptions {
  readonly severity?: AlertSeverity;
  readonly metadata?: Metadata;
  readonly occurredAt?: Instant;
  readonly dedupKey?: string;
  readonly requestId?: string;
}

type Answer = Awaited<ReturnType<AlertClient['report']>>;

/** Sends a report. Where it may have been kept all the same, the failure tells the id to send it again with. */
const send = async ({ client, signal }: Session, draft: AlertDraft & { requestId: string }): Promise<Answer> => {
  try {
    return await client.report(draft, { signal });
  } catch (error) {
    if (!(error instanceof AlertError) || !(error.retryable || error.code === 'CANCELLED')) throw error;
    const { code, message, retryAfter, facts } = error;
    const resend = { ...facts, requestId: draft.requestId };
    throw new AlertError(code, message, {
      facts: resend,
      cause: error,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }
};

const answerText = (answer: Answer): string =>
  'spooled' in answer
    ? 'spooled'
    : `${answer.alertId}  ${answer.duplicate ? 'kept before' : 'kept'}, sequence ${answer.sequence}`;

const report = async (session: Session, type: string, message: string, options: ReportOptions): Promise<ExitCode> => {
  const { requestId = session.ids.next(), ...said } = options;
  const answer = await send(session, { ...said, type, message, requestId });
  if (session.global.json) await session.printJson({ ...answer, requestId });
  else await session.print([answerText(answer)]);
  return ExitCode.OK;
};

/** `alertctl report`: keeps one alert. */
export const reportCommand = (act: Act): Command =>
  new Command('report')
    .summary('report one alert')
    .description('Reports one alert. When it returns 0, the alert is durable.')
    .addArgument(
      new Argument(
        '<type>',
        `what kind of thing: ${Object.keys(AlertType).join(', ')}, or one of the deployment's`,
      ).argParser(typeArgument),
    )
    .argument('<message>', 'what happened, for people')
    .addOption(
      new Option('--severity <severity>', "the type's default if left out")
        .choices(severityNames)
        .argParser(severityArgument),
    )
    .option('--metadata <key=value>', 'a fact; JSON where it is JSON, else text; repeat for more', metadataArgument)
    .option('--occurred-at <time>', 'when it happened, RFC 3339; now if left out', instantArgument)
    .option('--dedup-key <key>', 'your own name for the thing that it is about')
    .option(
      '--request-id <uuid>',
      'the same id is kept once, however often it is sent; a new one if left out',
      uuidArgument,
    )
    .addHelpText(
      'after',
      `
Examples:
  alertctl report AUTH_FAILURE 'Login failed' --severity HIGH --metadata userId=u-17 --metadata ipAddress=192.0.2.7
  alertctl report SYSTEM_HEALTH 'Backups stopped' --metadata component=backup --metadata status=down
  alertctl report DATA_VIOLATION 'Export refused' --metadata 'tables=["notes","sessions"]' --json`,
    )
    .action(act(report));
