import { join } from 'node:path';
import { createSubjects, type Subjects } from '@therapytrain/alerts-audit';
import type { AlertLog, Ports, Store } from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import type { AuditKeys } from './keys.ts';
import { createProving, type Proving } from './proving.ts';
import { type Publisher, startPublisher } from './publisher.ts';
import { type Cosigning, startCosigning, type WitnessOptions } from './witness.ts';

/** What the audit log of a gateway is made of. */
export interface AuditParts {
  readonly store: Store;
  /** The data directory; the log lies in `audit` below it. */
  readonly directory: string;
  readonly keys: AuditKeys;
  /** What pseudonyms of persons are made with: 32 bytes. */
  readonly subjectKey: Uint8Array;
  readonly witness: WitnessOptions | undefined;
  readonly ports: Ports;
  readonly onFailure: (error: unknown) => void;
  readonly onWitnessFailure: (reason: string) => void;
}

/** The audit log of a gateway, at work. */
export interface Audit {
  readonly publisher: Publisher;
  readonly subjects: Subjects;
  readonly store: Store;
  /** Makes what proves, from what alerts and people ask for. */
  proving(parts: { readonly log: AlertLog; readonly desk: Desk }): Proving;
  /** The keys that sign, the current one first. */
  logKeys(): readonly string[];
  witnessKey(): string;
  cosigned(): string | undefined;
  /** Publishes the rest, and ends. */
  stop(): Promise<void>;
}

/** Starts it. */
export const startAudit = async (parts: AuditParts): Promise<Audit> => {
  const { store, directory, keys, subjectKey, witness, ports, onFailure, onWitnessFailure } = parts;
  const log = [keys.current, ...(keys.previous ? [keys.previous] : [])];
  let onCheckpoint = (): void => undefined;
  const publisher = await startPublisher({
    ...{ store, keys, onFailure },
    directory: join(directory, 'audit'),
    clock: ports.clock,
    onCheckpoint: () => onCheckpoint(),
  });
  const cosigning: Cosigning | undefined =
    witness && startCosigning({ options: witness, publisher, log, clock: ports.clock, onFailure: onWitnessFailure });
  // It asks for the first one by itself.
  onCheckpoint = () => cosigning?.wake();
  return {
    publisher,
    subjects: createSubjects({ store, key: subjectKey, random: ports.random }),
    store,
    proving: ({ log: alerts, desk }) =>
      createProving({
        ...{ store, desk, log: alerts, keys: log },
        published: () => publisher.published(),
        cosigned: () => cosigning?.cosigned(),
      }),
    logKeys: () => log.map(({ vkey }) => vkey),
    witnessKey: () => cosigning?.key ?? '',
    cosigned: () => cosigning?.cosigned(),
    stop: async () => {
      await publisher.stop();
      await cosigning?.stop();
    },
  };
};
