import type { AuditEntry, Instant } from '@therapytrain/alerts-core';
import type { ChangeOptions, PageOptions } from './types.ts';

/** Which entries to list. */
export interface AuditListOptions extends PageOptions {
  /** Exactly this action, or, where it ends in a point, those that begin with it. */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  /** From this time on. */
  readonly since?: Instant | undefined;
  readonly newestFirst?: boolean | undefined;
}

/** An entry with its leaf in the tree: the text that is hashed. */
export interface ListedAuditEntry extends AuditEntry {
  readonly leaf: string;
}

/** A page of entries. */
export interface AuditPage {
  readonly entries: readonly ListedAuditEntry[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** A page of leaves. */
export interface LeafPage {
  /** In the order of the log. */
  readonly leaves: readonly string[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** How the audit log is. */
export interface AuditCheckpoint {
  /** A signed note (c2sp.org/tlog-checkpoint); empty where the log is broken. */
  readonly checkpoint: string;
  /** The newest that a witness has cosigned; empty if there is none. */
  readonly cosigned: string;
  /** The keys that sign it, the current one first. */
  readonly logKeys: readonly string[];
  /** Empty if no witness is asked. */
  readonly witnessKey: string;
  readonly state: 'healthy' | 'unavailable' | 'broken';
  readonly detail: string;
}

/** The proof that an entry is in the log. */
export interface EntryProof {
  readonly leaf: string;
  readonly path: readonly Uint8Array[];
  readonly size: number;
  readonly checkpoint: string;
}

/** What was reviewed. */
export interface AuditReview extends ChangeOptions {
  readonly from: number;
  readonly to: number;
  /** The SHA-256 of the summary that was seen, in hexadecimal. */
  readonly summary: string;
}

/** What is asked of the audit log. */
export interface AuditCalls {
  list(options?: AuditListOptions): Promise<AuditPage>;
  /** The leaves of the log in their order, page by page: for who verifies or copies it. */
  leaves(options?: PageOptions): Promise<LeafPage>;
  checkpoint(): Promise<AuditCheckpoint>;
  /** Rejects with `AUDIT_ENTRY_NOT_FOUND`. */
  proveEntry(sequence: number): Promise<EntryProof>;
  /** That the log extends what it was at a size. */
  proveConsistency(oldSize: number, size?: number): Promise<Omit<EntryProof, 'leaf'>>;
  /** The receipt of an alert, as JSON. Rejects with `ALERT_NOT_FOUND` or `AUDIT_ENTRY_NOT_FOUND`. */
  receipt(alertId: string): Promise<string>;
  /** Notes in the log that this caller has reviewed a span of it. */
  signReview(review: AuditReview): Promise<void>;
  /** Erases the key of what stands for values of a person. */
  eraseSubject(
    options: ChangeOptions & { readonly user: string },
  ): Promise<{ readonly erased: boolean; readonly subject: string }>;
}
