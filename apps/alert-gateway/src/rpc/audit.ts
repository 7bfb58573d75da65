import {
  AuditEntry as WireEntry,
  type AuditServiceServer,
  AuditServiceService,
  AuditState as WireState,
  EraseSubjectRequest,
  EraseSubjectResponse,
  ExportReceiptRequest,
  ExportReceiptResponse,
  GetCheckpointRequest,
  GetCheckpointResponse,
  ListAuditEntriesRequest,
  ProveConsistencyRequest,
  ProveConsistencyResponse,
  ProveEntryRequest,
  ProveEntryResponse,
  SignAuditReviewRequest,
  SignAuditReviewResponse,
} from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, type Clock, type Ids, joinFields, textFault } from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import type { Audit } from '../audit/audit.ts';
import { type AuditListing, listAudit, type ListedEntry } from '../audit/listing.ts';
import type { Proving } from '../audit/proving.ts';
import type { AuditState } from '../audit/publisher.ts';
import type { Tokens } from '../stream/cursor.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { check, commandOf, idFault, instantOf, optionalIdFault } from './fields.ts';
import { pageBytes, pageSizeOf, scanned } from './pages.ts';
import { createRpcService, type RpcService } from './service.ts';
import type { Handle, Unary } from './unary.ts';

/** What `AuditService` is made of. */
export interface AuditRpcParts {
  /** Undefined in a gateway without an audit log. */
  readonly audit: Audit | undefined;
  readonly desk: Desk | undefined;
  readonly log: AlertLog;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
}

interface HandleParts extends Pick<AuditRpcParts, 'tokens' | 'clock' | 'ids'> {
  readonly audit: Audit;
  readonly proving: Proving;
}

const states = {
  healthy: WireState.HEALTHY,
  unavailable: WireState.UNAVAILABLE,
  broken: WireState.BROKEN,
} as const satisfies Record<AuditState, WireState>;

const longestText = 256;

const answer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

const lineFault = (field: string, text: string, needed = false) => {
  if (needed && text.trim() === '') return { field, rule: 'is required' };
  const rule = textFault(text, longestText, 'one');
  return rule === undefined ? undefined : { field, rule };
};

const encodeListed = ({ entry, leaf }: ListedEntry, leavesOnly: boolean): Uint8Array => {
  const { sequence, at, actor, action, subject, facts } = entry;
  const named = leavesOnly
    ? { at: undefined, actor: '', action: '', subject: '', facts: undefined }
    : { at: new Date(at), actor, action, subject, facts: { ...facts } };
  return WireEntry.encode({ ...named, sequence: BigInt(sequence), leaf: leaf.toString('utf8') }).finish();
};

const createList =
  ({ audit, tokens }: HandleParts): Handle =>
  async (message) => {
    const request = decodeStrictly(message, shapes.ListAuditEntriesRequest, ListAuditEntriesRequest.decode);
    const { pageSize, pageToken, action, actor, subject, newestFirst, leavesOnly } = request;
    check(lineFault('action', action), lineFault('actor', actor), lineFault('subject', subject));
    const since = request.since === undefined ? undefined : instantOf('since', request.since);
    const listing: AuditListing = { action, actor, subject, since, newestFirst };
    const name = JSON.stringify(['audit', listing]);
    const from = pageToken === '' ? undefined : tokens.read('page', name, pageToken);
    const { head } = audit.publisher.published();
    const bounds = { size: pageSizeOf(pageSize), bytes: pageBytes, scanned };
    const { entries, next } = await listAudit(audit.store, listing, { from, upTo: head.size }, bounds);
    return joinFields([
      ...entries.map((each) => [1, encodeListed(each, leavesOnly)] as const),
      ...(next === undefined ? [] : [[2, tokens.signer('page', name)(next)] as const]),
    ]);
  };

const checkpointOf = ({ publisher }: Audit): string => {
  try {
    return publisher.published().checkpoint;
  } catch (error) {
    // It is asked how the log is, and that it is broken is an answer.
    if (error instanceof AlertError) return '';
    throw error;
  }
};

const createGetCheckpoint =
  ({ audit }: HandleParts): Handle =>
  async (message) => {
    decodeStrictly(message, shapes.GetCheckpointRequest, GetCheckpointRequest.decode);
    return answer(
      GetCheckpointResponse.encode({
        checkpoint: checkpointOf(audit),
        cosignedCheckpoint: audit.cosigned() ?? '',
        logKeys: [...audit.logKeys()],
        witnessKey: audit.witnessKey(),
        state: states[audit.publisher.state()],
        detail: audit.publisher.detail(),
      }).finish(),
    );
  };

const createProofs = ({
  proving,
}: HandleParts): Pick<Handles, 'proveEntry' | 'proveConsistency' | 'exportReceipt'> => ({
  proveEntry: async (message) => {
    const request = decodeStrictly(message, shapes.ProveEntryRequest, ProveEntryRequest.decode);
    const { leaf, path, size, checkpoint } = await proving.entry(Number(request.sequence), Number(request.size));
    return answer(ProveEntryResponse.encode({ leaf, path: [...path], size: BigInt(size), checkpoint }).finish());
  },
  proveConsistency: async (message) => {
    const request = decodeStrictly(message, shapes.ProveConsistencyRequest, ProveConsistencyRequest.decode);
    const { path, size, checkpoint } = await proving.consistency(Number(request.oldSize), Number(request.size));
    return answer(ProveConsistencyResponse.encode({ path: [...path], size: BigInt(size), checkpoint }).finish());
  },
  exportReceipt: async (message) => {
    const { alertId } = decodeStrictly(message, shapes.ExportReceiptRequest, ExportReceiptRequest.decode);
    check(idFault('alertId', alertId));
    return answer(ExportReceiptResponse.encode({ receipt: await proving.receipt(alertId.toLowerCase()) }).finish());
  },
});

const digestPattern = /^[0-9a-f]{64}$/;

const createChanges = ({ audit, clock, ids }: HandleParts): Pick<Handles, 'signAuditReview' | 'eraseSubject'> => ({
  signAuditReview: async (message, source) => {
    const request = decodeStrictly(message, shapes.SignAuditReviewRequest, SignAuditReviewRequest.decode);
    const [from, to] = [Number(request.fromSequence), Number(request.toSequence)];
    const { size } = audit.publisher.published().head;
    check(
      optionalIdFault('requestId', request.requestId),
      from >= 1 && from <= to ? undefined : { field: 'fromSequence', rule: 'is not 1 to toSequence' },
      to <= size ? undefined : { field: 'toSequence', rule: 'is larger than the log' },
      digestPattern.test(request.summarySha256)
        ? undefined
        : { field: 'summarySha256', rule: 'is not 64 hexadecimal digits in lower case' },
    );
    const command = commandOf(request.requestId, source, ids);
    const facts = { from, to, summary: request.summarySha256 };
    const entry = { at: clock.now(), actor: source, action: 'audit.reviewed', subject: `${from}-${to}`, facts };
    await audit.store.commit({ audit: [entry], request: `${command.by} ${command.request}` });
    return answer(SignAuditReviewResponse.encode({}).finish());
  },
  eraseSubject: async (message, source) => {
    const { requestId, user } = decodeStrictly(message, shapes.EraseSubjectRequest, EraseSubjectRequest.decode);
    check(optionalIdFault('requestId', requestId), lineFault('user', user, true));
    const erased = await audit.subjects.erase(user, { at: clock.now(), actor: source });
    return answer(EraseSubjectResponse.encode({ erased, subject: audit.subjects.idOf(user) }).finish());
  },
});

type Handles = { readonly [Method in keyof AuditServiceServer]: Handle };

/** What is answered where there is no audit log. */
const noAudit = (): AlertError =>
  new AlertError('NOT_CONFIGURED', 'this gateway has no audit log', { facts: { needs: 'audit' } });

/** Ties `AuditService` to the audit log. */
export const createAuditRpc = ({ audit, desk, log, unary, observe, ...parts }: AuditRpcParts): RpcService => {
  const refuse: Handle = () => Promise.reject(noAudit());
  const handleParts = audit && desk && { ...parts, audit, proving: audit.proving({ log, desk }) };
  const handles: Handles | undefined = handleParts && {
    listAuditEntries: createList(handleParts),
    getCheckpoint: createGetCheckpoint(handleParts),
    ...createProofs(handleParts),
    ...createChanges(handleParts),
  };
  const byMethod: Readonly<Record<string, Handle | undefined>> = handles ?? {};
  return createRpcService(AuditServiceService, (name) => byMethod[name] ?? refuse, { unary, observe });
};
