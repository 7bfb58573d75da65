import {
  type AlertDraft,
  AlertError,
  type AlertSeverity,
  decodeReport,
  encodeReceipt,
  isWithin,
  limits,
  type Principal,
  type Receipt,
  tooLarge,
} from '@therapytrain/alerts-core';
import { outside } from '../identity/refusals.ts';
import type { AlertRpcParts } from './alert-rpc.ts';

/** What reporting needs. */
export type ReportParts = Pick<AlertRpcParts, 'flow' | 'types' | 'admission' | 'traceParent' | 'onReported'>;

/** `ReportAlert`: bytes in, bytes out; resolves when the alert is durable. */
export const createReportAlert = (parts: ReportParts) => {
  const keep = async (draft: AlertDraft, bytes: number, source: string): Promise<Receipt> => {
    const leave = parts.admission.enter(severityFor(draft, parts), bytes, 1);
    try {
      return await parts.flow.report(draft, source);
    } finally {
      leave();
    }
  };
  return async (message: Buffer, principal: Principal): Promise<Buffer> => {
    let draft: AlertDraft | undefined;
    try {
      if (message.length > limits.alertBytes) throw tooLarge(message.length);
      draft = withTrace(decodeReport(message), parts.traceParent);
      checkWithin(draft, principal);
      const receipt = await keep(draft, message.length, principal.name);
      parts.onReported(draft.type, draft.severity, receipt);
      return encodeReceipt(receipt);
    } catch (error) {
      if (error instanceof AlertError) parts.onReported(draft?.type, draft?.severity, error);
      throw error;
    }
  };
};

/** Throws `PERMISSION_DENIED` for an alert that the condition of its reporter does not let through. */
export const checkWithin = ({ type }: AlertDraft, principal: Principal): void => {
  if (!isWithin(principal, { type, source: principal.name })) throw outside();
};

/** The severity that the alert will have, if it is accepted: it decides who is sent away first. */
export const severityFor = ({ type, severity }: AlertDraft, { types }: ReportParts): AlertSeverity | undefined =>
  severity ?? types().defaultSeverity(type);

/** The draft with the trace of the call, if the reporter gave none. */
const withTrace = <D extends { traceParent?: string | undefined }>(draft: D, traceParent: () => string): D => {
  if (draft.traceParent) return draft;
  const own = traceParent();
  return own === '' ? draft : { ...draft, traceParent: own };
};
