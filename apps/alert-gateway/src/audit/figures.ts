import { readCheckpointText, readNote, readVerifier, signedBy } from '@therapytrain/alerts-audit';
import type { Clock, Instant, Millis, Store } from '@therapytrain/alerts-core';
import type { AuditFigures } from '@therapytrain/alerts-telemetry';
import type { Audit } from './audit.ts';

/**
 * The sequence of the newest entry: 0 where there is none. Entries have no gap, so it is looked for in steps that double,
 * and then halved: a question for one entry each, and only one where `from` is the newest.
 */
export const newestEntry = async (store: Pick<Store, 'audit'>, from: number): Promise<number> => {
  const isThere = async (sequence: number): Promise<boolean> => (await store.audit(sequence - 1, 1)).length > 0;
  let known = from;
  let step = 1;
  for (; await isThere(known + step); step *= 2) known += step;
  // What is there ends before known + step.
  for (step /= 2; step >= 1; step /= 2) if (await isThere(known + step)) known += step;
  return known;
};

const cosignedOf = ({ cosigned, witnessKey }: Pick<Audit, 'cosigned' | 'witnessKey'>) => {
  const checkpoint = cosigned();
  if (checkpoint === undefined) return undefined;
  const note = readNote(checkpoint);
  const [by] = signedBy(note, [readVerifier(witnessKey())]);
  return { size: readCheckpointText(note.text).size, at: 1_000 * (by?.time ?? 0) };
};

const ageOf = (at: Instant, now: Instant): Millis => Math.max(0, now - at);

/** What the metrics of the audit log are read from: what `AuditService` tells of it, and the store. */
export const auditFigures = (
  audit: Pick<Audit, 'publisher' | 'store' | 'cosigned' | 'witnessKey'>,
  { now }: Pick<Clock, 'now'>,
): (() => Promise<AuditFigures>) => {
  const startedAt = now();
  return async () => {
    const newest = audit.publisher.newest();
    const covered = newest?.size;
    const entries = await newestEntry(audit.store, covered ?? 0).catch(() => undefined);
    const cosigned = cosignedOf(audit);
    return {
      entries,
      uncovered: entries === undefined || covered === undefined ? undefined : entries - covered,
      healthy: audit.publisher.mayAct(),
      checkpointAge: newest?.signedAt === undefined ? undefined : ageOf(newest.signedAt, now()),
      witness:
        audit.witnessKey() === ''
          ? undefined
          : {
              uncosigned: covered === undefined ? undefined : Math.max(0, covered - (cosigned?.size ?? 0)),
              age: ageOf(cosigned?.at ?? startedAt, now()),
            },
    };
  };
};
