import { AuditServiceService as methods } from '@therapytrain/alerts-api';
import type { Ids } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import type { AuditCalls, AuditCheckpoint, AuditListOptions } from './audit-types.ts';
import { askBy } from './method.ts';
import { instantOf, nameOf } from './wire.ts';

const states = ['healthy', 'unavailable', 'broken'] as const satisfies readonly AuditCheckpoint['state'][];

const listing = ({
  pageSize = 0,
  pageToken = '',
  action = '',
  actor = '',
  subject = '',
  since,
  newestFirst = false,
}: AuditListOptions) => ({
  ...{ pageSize, pageToken, action, actor, subject, newestFirst },
  since: since === undefined ? undefined : new Date(since),
});

/** Asks `AuditService`. */
export const createAuditCalls = (ask: Ask, ids: Ids): AuditCalls => ({
  list: async (options = {}) => {
    const request = { ...listing(options), leavesOnly: false };
    const { entries, nextPageToken } = await askBy(ask, methods.listAuditEntries, request);
    return {
      nextPageToken,
      entries: entries.map(({ sequence, at, actor, action, subject, facts, leaf }) => ({
        ...{ sequence: Number(sequence), at: instantOf(at), actor, action, subject, leaf },
        facts: { ...(facts as Readonly<Record<string, string | number>> | undefined) },
      })),
    };
  },
  leaves: async (options = {}) => {
    const request = { ...listing(options), leavesOnly: true };
    const { entries, nextPageToken } = await askBy(ask, methods.listAuditEntries, request);
    return { nextPageToken, leaves: entries.map(({ leaf }) => leaf) };
  },
  checkpoint: async () => {
    const answer = await askBy(ask, methods.getCheckpoint, {});
    const { checkpoint, cosignedCheckpoint: cosigned, logKeys, witnessKey, state, detail } = answer;
    return { checkpoint, cosigned, logKeys, witnessKey, state: nameOf(states, state), detail };
  },
  proveEntry: async (sequence) => {
    const request = { sequence: BigInt(sequence), size: 0n };
    const { leaf, path, size, checkpoint } = await askBy(ask, methods.proveEntry, request);
    return { leaf, path, size: Number(size), checkpoint };
  },
  proveConsistency: async (oldSize, newSize = 0) => {
    const request = { oldSize: BigInt(oldSize), size: BigInt(newSize) };
    const { path, size, checkpoint } = await askBy(ask, methods.proveConsistency, request);
    return { path, size: Number(size), checkpoint };
  },
  receipt: async (alertId) => (await askBy(ask, methods.exportReceipt, { alertId })).receipt,
  signReview: async ({ requestId = ids.next(), from, to, summary }) => {
    const request = { requestId, fromSequence: BigInt(from), toSequence: BigInt(to), summarySha256: summary };
    await askBy(ask, methods.signAuditReview, request);
  },
  eraseSubject: async ({ requestId = ids.next(), user }) => askBy(ask, methods.eraseSubject, { requestId, user }),
});
