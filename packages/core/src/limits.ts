/** The bounds of one alert. They are part of the contract: proto/ states them too. */
export const limits = {
  messageBytes: 8 * 1024,
  metadataKeys: 64,
  metadataKeyBytes: 64,
  metadataValueBytes: 1024,
  metadataDepth: 8,
  /** Metadata values at any depth: one takes 4 encoded fields at most, so that all stay below `alertFields`. */
  metadataValues: 1000,
  dedupKeyBytes: 256,
  /** A whole alert, encoded. */
  alertBytes: 64 * 1024,
  /** Alerts in one `ReportAlertsRequest`. */
  batchAlerts: 256,
  batchBytes: 256 * 1024,
  /** Fields in one encoded alert, at any depth; a message of very many tiny fields costs time and memory out of proportion. */
  alertFields: 4096,
  filterBytes: 4 * 1024,
  /** How far ahead of our clock a reporter's may be, in milliseconds. */
  futureMillis: 86_400_000,
} as const;
