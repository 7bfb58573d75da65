import { createInterface } from 'node:readline';
import { UsageError } from './output/fault.ts';
import { type Session } from './session.ts';

/** A line that is typed; empty at the end of the input (Ctrl-D) and after Ctrl-C. */
const typedLine = ({ stdin, signal }: Session): Promise<string> =>
  new Promise((resolve) => {
    const asking = createInterface({ input: stdin, terminal: false, signal });
    asking.once('line', (line) => {
      resolve(line);
      asking.close();
    });
    asking.once('close', () => resolve(''));
  });

/**
 * Asks a person before something is done that hides or resends: true for yes. Asks nobody with --yes. Throws a
 * `UsageError` where nobody can be asked, since a script should say what it means.
 */
export const confirm = async (session: Session, question: string, yes: boolean | undefined): Promise<boolean> => {
  if (yes) return true;
  const { stdin, stderr } = session;
  if (!('isTTY' in stdin) || !stdin.isTTY) throw new UsageError('nobody can be asked here: give --yes');
  await stderr.write(`${question} [y/N] `);
  if (/^y(?:es)?$/i.test((await typedLine(session)).trim())) return true;
  await session.note('Nothing was changed.');
  return false;
};
