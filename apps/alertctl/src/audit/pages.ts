import { AlertError } from '@therapytrain/alerts-core';
import type { Session } from '../session.ts';

/** A copy of the log as of one checkpoint. */
export interface LogCopy {
  readonly checkpoint: string;
  readonly size: number;
  readonly logKeys: readonly string[];
  /** The leaves of that checkpoint, in their order, in pieces. */
  readonly leaves: AsyncIterable<readonly string[]>;
}

const pageSize = 1_000;

const sizeOf = (checkpoint: string): number => Number(checkpoint.split('\n')[1] ?? 0);

async function* leavesUpTo({ client, signal }: Session, size: number): AsyncGenerator<readonly string[]> {
  let pageToken = '';
  for (let read = 0; read < size && !signal.aborted;) {
    // The next page is on its way while this one is looked at.
    const { leaves, nextPageToken } = await client.audit.leaves({ pageSize, pageToken });
    const wanted = leaves.slice(0, size - read);
    if (wanted.length === 0) return;
    yield wanted;
    read += wanted.length;
    if (nextPageToken === '') return;
    pageToken = nextPageToken;
  }
}

/** The log of the gateway. One that a witness has cosigned is the better checkpoint; without one it is the newest. */
export const copyLog = async (session: Session): Promise<LogCopy> => {
  const { checkpoint, cosigned, logKeys, state, detail } = await session.client.audit.checkpoint();
  if (state === 'broken') throw new AlertError('AUDIT_BROKEN', detail);
  const best = cosigned !== '' && sizeOf(cosigned) === sizeOf(checkpoint) ? cosigned : checkpoint;
  const size = sizeOf(best);
  return { checkpoint: best, size, logKeys, leaves: leavesUpTo(session, size) };
};
