import { type Command } from 'commander';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { incidentJson, incidentLine } from '../output/incidents.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Session } from '../session.ts';
import { createStateNotes } from '../state-notes.ts';

interface WatchOptions {
  readonly cursor?: string;
  readonly limit?: number;
  readonly wide?: boolean;
}

const watch = async (session: Session, { cursor, limit, wide }: WatchOptions): Promise<ExitCode> => {
  const { client, signal, global, clock, paint, stdout } = session;
  // Streams wait for a gateway that is away; one that was never there is more likely a wrong address.
  await client.health();
  let last = cursor;
  let shown = 0;
  for await (const event of client.incidents.stream({ cursor, signal, onState: createStateNotes(session) })) {
    if (event.cursor !== '') last = event.cursor;
    if (event.kind !== 'incident') continue;
    const { incident } = event;
    if (global.json) await session.printJson({ cursor: event.cursor, incident: incidentJson(incident) });
    else await session.print([incidentLine(incident, clock.now(), paint, wide ? undefined : stdout.columns)]);
    if (++shown === limit) return ExitCode.OK;
  }
  if (!signal.aborted) return ExitCode.OK;
  if (last !== undefined) await session.note(`Go on with: --cursor ${safeLine(last)}`);
  return ExitCode.INTERRUPTED;
};

/** Adds `alertctl incidents watch`. */
export const addIncidentWatch = (group: Command, act: Act): void => {
  group
    .command('watch')
    .summary('show incidents as they change, one line each time')
    .description(
      'Shows all incidents that are not over, then each one as it is whenever it changes. What changes faster than it ' +
        'is read is shown once, as it is then. Waits for a gateway that goes away, and misses no state. With --json one ' +
        'object a line: { cursor, incident }.',
    )
    .option('--cursor <cursor>', 'begin with what was changed after this cursor of an earlier watch')
    .option('--limit <number>', 'end after so many lines', countArgument(1, Number.MAX_SAFE_INTEGER))
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(watch));
};
