import { createLogCheck, type LogTrust, type VerifiedLog } from './log.ts';
import { NotGenuine } from './keys.ts';

// An export is text: a line that names the form, one line for each entry, and a last line with the checkpoint. A leaf is
// JSON without white space, so it is a line as it stands.

const newline = 0x0a;

const readHeader = (line: Buffer): void => {
  if (!line.toString('utf8').startsWith('{"format":"therapytrain-alerts-audit/v1"')) {
    throw new NotGenuine('that is no export of version 1');
  }
};

const checkpointOf = (line: Buffer): string => {
  try {
    const { checkpoint } = JSON.parse(line.toString('utf8')) as { readonly checkpoint?: unknown };
    if (typeof checkpoint === 'string') return checkpoint;
  } catch {
    // Told below.
  }
  throw new NotGenuine('the export does not end with a checkpoint: it is cut off');
};

/**
 * Verifies an export as it is read, in pieces of any size: the first thing that is wrong is told by
 * {@link NotGenuine}. `onEntries` is told of how many entries have been verified, now and then.
 */
export const verifyExport = async (
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  trust: LogTrust,
  onEntries: (count: number) => void = () => undefined,
): Promise<VerifiedLog> => {
  const check = createLogCheck(trust);
  let held: Buffer | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  // The last line is no entry, and only the end tells which one is the last.
  const take = (line: Buffer): void => {
    lines++;
    if (lines === 1) return readHeader(line);
    if (held) check.add(held);
    held = line;
  };
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      take(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    onEntries(Math.max(0, lines - 2));
  }
  if (rest.length > 0 || !held) throw new NotGenuine('the export is cut off');
  return check.finish(checkpointOf(held));
};
