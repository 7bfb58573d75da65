import { Command, Option } from 'commander';
import { safeLine } from '../output/safe-text.ts';
import { type Act } from '../act.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { killSwitchJson, killSwitchLine } from '../output/responses.ts';
import { type Session } from '../session.ts';

interface TurnOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

type KillSwitch = Awaited<ReturnType<Session['client']['killSwitch']['get']>>;

const tell = async (session: Session, killSwitch: KillSwitch): Promise<ExitCode> => {
  if (session.global.json) await session.printJson(killSwitchJson(killSwitch));
  else await session.print([killSwitchLine(killSwitch, session.clock.now(), session.paint)]);
  return ExitCode.OK;
};

const status = async (session: Session): Promise<ExitCode> => tell(session, await session.client.killSwitch.get());

const on = async (session: Session, { reason }: TurnOptions): Promise<ExitCode> =>
  tell(session, await session.client.killSwitch.set(true, reason));

// To stop everything must not wait for a question; to let it go on may.
const off = async (session: Session, { reason, yes }: TurnOptions): Promise<ExitCode> => {
  const { killSwitch } = session.client;
  if (!yes) {
    const { on: isOn, by, reason: why } = await killSwitch.get();
    const state = isOn ? `It was turned on by ${safeLine(by)}: ${safeLine(why)}.` : 'It is off.';
    if (!(await confirm(session, `${state} Responses will be done again. Turn it off?`, yes))) return ExitCode.REFUSED;
  }
  return tell(session, await killSwitch.set(false, reason));
};

const reasonOption = (): Option => new Option('--reason <text>', 'why, for the others').makeOptionMandatory();

/** `alertctl kill-switch`: stops everything that acts. */
export const killSwitchCommand = (act: Act): Command => {
  const group = new Command('kill-switch')
    .summary('stop everything that acts by itself')
    .description(
      'While the switch is on nothing is done, and what is in flight is given up. What is in force stays, and is still ' +
        'taken back at its time. Who turns it is the name of --source.',
    )
    .addHelpText('after', details);
  group.command('status').summary('show whether it is on').description('Shows whether it is on.').action(act(status));
  group
    .command('on')
    .summary('stop everything, at once')
    .description('Stops everything that acts, at once, without a question.')
    .addOption(reasonOption())
    .action(act(on));
  group
    .command('off')
    .summary('let responses be done again')
    .description('Lets responses be done again. Asks, unless there is --yes.')
    .addOption(reasonOption())
    .option('--yes', 'do not ask')
    .action(act(off));
  return group;
};

const details = `
Examples:
  alertctl kill-switch on --reason 'It blocks our own proxy' --source alice
  alertctl kill-switch off --reason 'The proxy is protected now' --source alice`;
