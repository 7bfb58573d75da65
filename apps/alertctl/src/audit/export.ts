import { open } from 'node:fs/promises';
import { exportEnd, exportHead } from '@therapytrain/alerts-audit';
import { ExitCode } from '../exit-code.ts';
import { startProgress } from '../output/progress.ts';
import type { Session } from '../session.ts';
import { copyLog } from './pages.ts';

/** Writes the log as of its newest checkpoint to a file, which must not be there yet. */
export const exportAudit = async (session: Session, file: string): Promise<ExitCode> => {
  const { checkpoint, size, logKeys, leaves } = await copyLog(session);
  const state = { bytes: 0, alerts: 0 };
  const handle = await open(file, 'wx', 0o600);
  const progress = startProgress(session.stderr, session.clock, state, size, 'entries');
  try {
    await handle.write(exportHead(logKeys[0] ?? ''));
    for await (const page of leaves) {
      await handle.write(`${page.join('\n')}\n`);
      state.bytes += page.length;
      state.alerts += page.length;
    }
    await handle.write(exportEnd(checkpoint));
    await handle.datasync();
  } finally {
    progress.stop();
    await handle.close();
  }
  if (state.alerts < size) {
    await session.note(`The export is cut off: ${state.alerts} of ${size} entries.`, 'red');
    return session.signal.aborted ? ExitCode.INTERRUPTED : ExitCode.REFUSED;
  }
  await session.note(`${size} entries were written.`);
  return ExitCode.OK;
};

/** Writes the receipt of an alert, to a file or to the standard output. */
export const proveAlert = async (
  session: Session,
  alertId: string,
  { output }: { readonly output?: string },
): Promise<ExitCode> => {
  const receipt = await session.client.audit.receipt(alertId);
  if (output === undefined) {
    await session.stdout.write(receipt);
    return ExitCode.OK;
  }
  const handle = await open(output, 'wx', 0o600);
  try {
    await handle.writeFile(receipt);
  } finally {
    await handle.close();
  }
  await session.note('The receipt was written; alertctl audit verify --receipt verifies it without the gateway.');
  return ExitCode.OK;
};
