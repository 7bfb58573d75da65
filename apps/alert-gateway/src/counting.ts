import { AlertError } from '@therapytrain/alerts-core';
import type { OnReported } from './rpc/alert-rpc.ts';

/** How reports were answered since the gateway began to serve. */
export interface ReportCounts {
  readonly kept: number;
  readonly duplicate: number;
  readonly refused: number;
  readonly shed: number;
}

/** Counts how reports are answered, whether or not anybody collects metrics, and tells on. */
export const countReports = (onReported: OnReported): { readonly onReported: OnReported; counts(): ReportCounts } => {
  const counts = { kept: 0, duplicate: 0, refused: 0, shed: 0 };
  const kindOf = (result: Parameters<OnReported>[2]): keyof ReportCounts => {
    if (result instanceof AlertError) return result.code === 'OVERLOADED' ? 'shed' : 'refused';
    return result.duplicate ? 'duplicate' : 'kept';
  };
  return {
    onReported: (type, severity, result) => {
      counts[kindOf(result)]++;
      onReported(type, severity, result);
    },
    counts: () => ({ ...counts }),
  };
};
