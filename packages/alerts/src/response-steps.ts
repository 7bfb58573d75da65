import { AlertSeverity, AlertType, type FieldViolation, type Metadata, type Millis } from '@therapytrain/alerts-core';
import { readAddress, type Target } from '@therapytrain/alerts-core/responder';
import type { HandledAlert } from '@therapytrain/alerts-manager';
import type { Done, ResponseServices } from './response-services.ts';

/** What is called of the services that act. */
export type ResponseAction =
  | 'addToSuspiciousList'
  | 'decreaseLimit'
  | 'temporaryBlock'
  | 'blacklistIP'
  | 'temporaryLockAccount'
  | 'revokeCurrentSession'
  | 'revokeResourceAccess';

/** A call that acts on somebody, and so is guarded. */
export interface ActionStep {
  readonly action: ResponseAction;
  readonly target: Target;
  /** How long it lasts; undefined where only the service knows. */
  readonly span?: Millis;
  run(services: ResponseServices): Done;
}

/** A call that only records. */
export interface RecordStep {
  readonly record: 'recordAlert' | 'logAccessPattern';
  run(services: ResponseServices): Done;
}

/** What an alert asks for: records, actions, and what is wrong with it. With a fault there is no action. */
export interface ResponseSteps {
  readonly records: readonly RecordStep[];
  readonly actions: readonly ActionStep[];
  readonly faults: readonly FieldViolation[];
  /** Where it came from, in its shortest form; undefined where it does not say. */
  readonly address: string | undefined;
}

const addressAction = (
  action: ActionStep['action'],
  ip: string,
  run: (limiter: ResponseServices['limiter']) => Done,
): ActionStep => ({
  action,
  target: targetOf(action, ip),
  run: ({ limiter }) => run(limiter),
});

const userAction = (
  action: ActionStep['action'],
  userId: string,
  run: (users: ResponseServices['users']) => Done,
  resource = '',
): ActionStep => ({
  action,
  target: targetOf(action, userId, resource),
  run: ({ users }) => run(users),
});

/** Refuses the address for an hour: also what is done to who makes us act against others. */
export const blockStep = (ip: string, seconds = 3_600): ActionStep => ({
  ...addressAction('temporaryBlock', ip, (limiter) => limiter.temporaryBlock(ip, seconds)),
  span: seconds * 1_000,
});

/** What an action acts on: an address, a user, or a user's access to a resource. */
export const targetOf = (action: ResponseAction, value: string, resource = ''): Target => {
  if (action === 'revokeResourceAccess') return { kind: 'access', value, resource };
  const isUser = action === 'temporaryLockAccount' || action === 'revokeCurrentSession';
  return { kind: isUser ? 'user' : 'address', value, resource: '' };
};

const limits: Readonly<Record<AlertSeverity, (ip: string) => ActionStep>> = {
  [AlertSeverity.LOW]: (ip) => addressAction('decreaseLimit', ip, (limiter) => limiter.decreaseLimit(ip)),
  [AlertSeverity.MEDIUM]: (ip) => blockStep(ip, 300),
  [AlertSeverity.HIGH]: (ip) => blockStep(ip, 3_600),
  [AlertSeverity.CRITICAL]: (ip) => addressAction('blacklistIP', ip, (limiter) => limiter.blacklistIP(ip)),
};

type Key = 'userId' | 'ipAddress' | 'resource' | 'operation';
type Known = Readonly<Record<Key, string>>;

interface Rule {
  /** Without these the alert is at fault. */
  readonly needs: readonly Key[];
  readonly records?: (known: Known, severity: AlertSeverity) => readonly RecordStep[];
  readonly actions: (known: Known, severity: AlertSeverity) => readonly ActionStep[];
}

// By order, and never by text: what is more severe than HIGH is HIGH too.
const isHigh = (severity: AlertSeverity): boolean => severity >= AlertSeverity.HIGH;

const rulesOf = (type: string, severity: AlertSeverity): Rule | undefined => {
  switch (type) {
    case AlertType.AUTH_FAILURE:
      return {
        needs: isHigh(severity) ? ['ipAddress', 'userId'] : ['ipAddress'],
        actions: ({ ipAddress: ip, userId }) => [
          addressAction('addToSuspiciousList', ip, (limiter) => limiter.addToSuspiciousList(ip)),
          ...(isHigh(severity)
            ? [userAction('temporaryLockAccount', userId, (users) => users.temporaryLockAccount(userId))]
            : []),
        ],
      };
    case AlertType.UNUSUAL_ACCESS:
      return {
        needs: ['userId', 'resource'],
        records: ({ userId, resource }) => [
          { record: 'logAccessPattern', run: ({ audit }) => audit.logAccessPattern(userId, resource) },
        ],
        actions: ({ userId }) =>
          isHigh(severity)
            ? [userAction('revokeCurrentSession', userId, (users) => users.revokeCurrentSession(userId))]
            : [],
      };
    case AlertType.RATE_LIMIT_BREACH:
      return { needs: ['ipAddress'], actions: ({ ipAddress }) => [limits[severity](ipAddress)] };
    case AlertType.DATA_VIOLATION:
      return {
        needs: ['userId', 'resource', 'operation'],
        records: ({ userId, resource, operation }) => [
          {
            record: 'recordAlert',
            run: ({ audit }) => audit.recordAlert(type, severity, { userId, resource, operation }),
          },
        ],
        actions: ({ userId, resource }) =>
          isHigh(severity)
            ? [
                userAction(
                  'revokeResourceAccess',
                  userId,
                  (users) => users.revokeResourceAccess(userId, resource),
                  resource,
                ),
              ]
            : [],
      };
    default:
      return undefined;
  }
};

const valueOf = (metadata: Metadata, key: Key): string => {
  const value = metadata[key];
  const text = typeof value === 'string' && value.trim() !== '' ? value : '';
  return key === 'ipAddress' ? (readAddress(text)?.toString() ?? '') : text;
};

const faultOf = (metadata: Metadata, key: Key): FieldViolation => ({
  field: `metadata.${key}`,
  rule: metadata[key] === undefined ? 'is missing' : `is not ${key === 'ipAddress' ? 'an address' : 'a text'}`,
});

/**
 * What the platform's services expect of an alert: see the README. Pure. Every alert is recorded; where metadata is
 * missing nothing else is done.
 */
export const stepsOf = ({ type, severity, message, metadata }: HandledAlert): ResponseSteps => {
  const recorded: RecordStep = {
    record: 'recordAlert',
    run: ({ audit }) => audit.recordAlert(type, severity, { message, ...metadata }),
  };
  const rule = rulesOf(type, severity);
  const known = Object.fromEntries(
    (['userId', 'ipAddress', 'resource', 'operation'] as const).map((key) => [key, valueOf(metadata, key)]),
  ) as Known;
  const address = known.ipAddress === '' ? undefined : known.ipAddress;
  const missing = rule?.needs.filter((key) => known[key] === '') ?? [];
  if (!rule || missing.length > 0) {
    return { records: [recorded], actions: [], faults: missing.map((key) => faultOf(metadata, key)), address };
  }
  const records = [recorded, ...(rule.records?.(known, severity) ?? [])];
  return { records, actions: rule.actions(known, severity), faults: [], address };
};
