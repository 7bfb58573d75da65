import { Command } from 'commander';
import { type Act } from '../act.ts';
import { uuidArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { alertDetails, alertJson } from '../output/alerts.ts';
import { type Session } from '../session.ts';

const get = async (session: Session, id: string): Promise<ExitCode> => {
  const alert = await session.client.get(id);
  if (session.global.json) await session.printJson(alertJson(alert));
  else await session.print(alertDetails(alert, session.clock.now(), session.paint));
  return ExitCode.OK;
};

/** `alertctl get`: one alert with all that is known of it. */
export const getCommand = (act: Act): Command =>
  new Command('get')
    .summary('show one alert')
    .description('Shows one alert with everything that is known of it.')
    .argument('<id>', "the alert's id", uuidArgument)
    .addHelpText(
      'after',
      `
Examples:
  alertctl get 0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f
  alertctl get 0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f --json | jq .metadata`,
    )
    .action(act(get));
