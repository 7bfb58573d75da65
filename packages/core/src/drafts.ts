import type { AlertDraft } from './alert.ts';
import { AlertType } from './alert-type.ts';
import type { MetadataValue } from './metadata.ts';
import { AlertSeverity } from './severity.ts';

/** The common reports of a platform's services, each with its default severity. Values stand in the metadata only. */
export interface CommonDrafts {
  /** A failed login: AUTH_FAILURE, HIGH. */
  authFailure(userId: string, ipAddress: string): CommonDraft;
  /** Somebody at something in an odd way: UNUSUAL_ACCESS, MEDIUM. */
  unusualAccess(userId: string, resource: string, reason: string): CommonDraft;
  /** Too many requests from one address: RATE_LIMIT_BREACH, HIGH. */
  rateLimitBreach(ipAddress: string, endpoint: string, requestCount: number): CommonDraft;
  /** A rule about data was broken: DATA_VIOLATION, HIGH. */
  dataViolation(userId: string, resource: string, operation: string): CommonDraft;
  /**
   * A component is well or unwell: SYSTEM_HEALTH. `healthy` and `recovered` are LOW, `degraded` MEDIUM, `unhealthy`
   * HIGH, `down` CRITICAL, any other status MEDIUM. Component and status win over details of the same name.
   */
  systemHealth(component: string, status: string, details?: Readonly<Record<string, MetadataValue>>): CommonDraft;
}

/** A draft that says its severity and metadata. */
export type CommonDraft = Required<Pick<AlertDraft, 'type' | 'severity' | 'message' | 'metadata'>>;

const healthSeverity: ReadonlyMap<string, AlertSeverity> = new Map([
  ['healthy', AlertSeverity.LOW],
  ['recovered', AlertSeverity.LOW],
  ['degraded', AlertSeverity.MEDIUM],
  ['unhealthy', AlertSeverity.HIGH],
  ['down', AlertSeverity.CRITICAL],
]);

/** Makes the common reports. */
export const drafts: CommonDrafts = {
  authFailure: (userId, ipAddress) => ({
    type: AlertType.AUTH_FAILURE,
    severity: AlertSeverity.HIGH,
    message: 'Authentication failed',
    metadata: { userId, ipAddress },
  }),
  unusualAccess: (userId, resource, reason) => ({
    type: AlertType.UNUSUAL_ACCESS,
    severity: AlertSeverity.MEDIUM,
    message: 'Unusual access',
    metadata: { userId, resource, reason },
  }),
  rateLimitBreach: (ipAddress, endpoint, requestCount) => ({
    type: AlertType.RATE_LIMIT_BREACH,
    severity: AlertSeverity.HIGH,
    message: 'Rate limit exceeded',
    metadata: { ipAddress, endpoint, requestCount },
  }),
  dataViolation: (userId, resource, operation) => ({
    type: AlertType.DATA_VIOLATION,
    severity: AlertSeverity.HIGH,
    message: 'Data rule violated',
    metadata: { userId, resource, operation },
  }),
  systemHealth: (component, status, details = {}) => ({
    type: AlertType.SYSTEM_HEALTH,
    severity: healthSeverity.get(status) ?? AlertSeverity.MEDIUM,
    message: 'System health changed',
    metadata: { ...details, component, status },
  }),
};
