import { Command } from 'commander';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { rfc3339 } from '../output/time.ts';
import { myselfLines } from '../output/tokens.ts';
import { type Session } from '../session.ts';

const whoami = async (session: Session): Promise<ExitCode> => {
  const myself = await session.client.identity.whoAmI();
  const { expiresAt } = myself;
  if (session.global.json) {
    await session.printJson({ ...myself, expiresAt: expiresAt === undefined ? null : rfc3339(expiresAt) });
  } else await session.print(myselfLines(myself, session.paint));
  return ExitCode.OK;
};

/** `alertctl whoami`: who the gateway takes the caller for. */
export const whoamiCommand = (act: Act): Command =>
  new Command('whoami')
    .summary('show who the gateway takes you for')
    .description('Shows who the gateway takes you for, how you proved it, what you may do and until when.')
    .addHelpText(
      'after',
      `
Examples:
  alertctl whoami --token-file admin.token
  alertctl whoami --json | jq .scopes`,
    )
    .action(act(whoami));
