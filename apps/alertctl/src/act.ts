import { type Command } from 'commander';
import { ExitCode } from './exit-code.ts';
import { faultJson, faultLine, faultOf } from './output/fault.ts';
import { safeJson, safeLine } from './output/safe-text.ts';
import { createSession, type GlobalOptions, type Session } from './session.ts';
import { type Surroundings } from './surroundings.ts';

/** What a command does; the arguments and options are those that its definition declares. */
export type Action<Given extends unknown[]> = (session: Session, ...given: Given) => Promise<ExitCode>;

/** Makes an action of ours one of commander's: gives it a session, tells its failure, keeps its exit code. */
export type Act = <Given extends unknown[]>(action: Action<Given>) => (...given: unknown[]) => Promise<void>;

/** Makes the binder of actions for one run of the program. `ended` is told how the command ended. */
export const createAct =
  (surroundings: Surroundings, ended: (exitCode: ExitCode) => void): Act =>
  <Given extends unknown[]>(action: Action<Given>) =>
  async (...given) => {
    // Commander passes the arguments, the options, and then the command itself.
    const command = given.pop() as Command;
    const session = createSession(surroundings, command.optsWithGlobals<GlobalOptions>());
    try {
      ended(await action(session, ...(given as Given)));
    } catch (error) {
      ended(await tell(error, session));
    } finally {
      await session.close();
    }
  };

const tell = async (error: unknown, { global, stderr, paintError, signal }: Session): Promise<ExitCode> => {
  const fault = faultOf(error, global.address);
  // What stops a command on request ends it by an error of some kind, which is nothing to tell; but a report may be kept.
  if (signal.aborted && fault.requestId === undefined) return ExitCode.INTERRUPTED;
  const line = safeLine(faultLine(fault, global.address));
  await stderr.write(global.json ? `${safeJson(faultJson(fault))}\n` : `${paintError('red', line)}\n`);
  return signal.aborted ? ExitCode.INTERRUPTED : fault.exitCode;
};
