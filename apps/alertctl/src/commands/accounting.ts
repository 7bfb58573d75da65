import { Command } from 'commander';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { accountTable } from '../output/deliveries.ts';
import { type Session } from '../session.ts';

const show = async (session: Session): Promise<ExitCode> => {
  const accounts = await session.client.accounting();
  if (session.global.json) for (const account of accounts) await session.printJson(account);
  else if (accounts.length === 0) await session.note('Nothing was to be delivered yet.');
  else await session.print(accountTable(accounts, session.paint, session.stdout.columns));
  return accounts.every(({ balanced }) => balanced) ? ExitCode.OK : ExitCode.REFUSED;
};

/** `alertctl accounting`: that nothing is missing. */
export const accountingCommand = (act: Act): Command =>
  new Command('accounting')
    .summary('show what became of every alert, by channel')
    .description(
      'Shows what became of every alert that was to reach a channel: accepted = delivered + suppressed + digested + ' +
        'dead + pending. Ends with 1 where that does not hold.',
    )
    .addHelpText(
      'after',
      `
Examples:
  alertctl accounting
  alertctl accounting --json | jq 'select(.dead > 0)'`,
    )
    .action(act(show));
