import {
  AlertError,
  AlertSeverity,
  checkDraft,
  createAlertTypes,
  decodeReport,
  encodeReport,
} from '@therapytrain/alerts-core';

const types = createAlertTypes();

/** Takes a report as it comes over the wire, and says whether somebody must be woken. */
export const isUrgent = (message: Uint8Array): boolean => {
  const { type, severity } = checkDraft(decodeReport(message));
  return (severity ?? types.defaultSeverity(type) ?? AlertSeverity.LOW) >= AlertSeverity.HIGH;
};

/** The rules that a report breaks; the values it holds are never repeated. */
export const faultsOf = (draft: unknown): readonly string[] => {
  try {
    checkDraft(draft);
    return [];
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    return error.violations.map(({ field, rule }) => `${field} ${rule}`);
  }
};

export const report = encodeReport({
  type: 'AUTH_FAILURE',
  message: 'Authentication failed',
  metadata: { userId: 'u1' },
});
