import { type Alert, type AlertDraft, AlertError, type Receipt } from '@therapytrain/alerts-core';
import { stamp, testPorts } from '@therapytrain/alerts-testkit';

/** An alert that was kept, and from which report. */
export interface Kept {
  readonly alert: Alert;
  readonly requestId: string;
  /** The alert but for its sequence. */
  readonly encoded: Uint8Array;
}

/** What a gateway knows, in memory. It outlives the server, so that a test may stop one and start another. */
export interface SmallLog {
  readonly kept: readonly Kept[];
  /** Keeps a report once, whatever it is sent for. */
  keep(draft: AlertDraft, source: string): Receipt | AlertError;
  /** Calls the listener when something was kept. Returns how to stop. */
  follow(listener: () => void): () => void;
}

const said = ({ type, message, metadata, occurredAt }: AlertDraft): string =>
  JSON.stringify([type, message, metadata, occurredAt]);

/** Makes an empty log. */
export const createSmallLog = (): SmallLog => {
  const ports = testPorts();
  const kept: Kept[] = [];
  const known = new Map<string, { readonly sequence: number; readonly content: string }>();
  const listeners = new Set<() => void>();
  return {
    kept,
    keep: (draft, source) => {
      const key = `${source} ${draft.requestId}`;
      const before = known.get(key);
      if (before && before.content !== said(draft)) {
        return new AlertError('REQUEST_ID_REUSED', 'the request id was used before');
      }
      if (before) {
        const first = kept[before.sequence - 1];
        return { alertId: first?.alert.id ?? '', sequence: before.sequence, duplicate: true };
      }
      const sequence = kept.length + 1;
      const { alert, encoded } = stamp(draft, ports, source);
      kept.push({ alert: { ...alert, sequence }, requestId: draft.requestId ?? '', encoded });
      known.set(key, { sequence, content: said(draft) });
      for (const listener of listeners) listener();
      return { alertId: alert.id, sequence, duplicate: false };
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
