import { AlertSeverity } from './severity.ts';
import { Sensitivity, undeclaredSensitivity } from './sensitivity.ts';

/** The built-in alert types. The set is open: a deployment declares more in its policy. */
export const AlertType = {
  /** Authentication-related failures. */
  AUTH_FAILURE: 'AUTH_FAILURE',
  /** Suspicious access patterns. */
  UNUSUAL_ACCESS: 'UNUSUAL_ACCESS',
  /** Data access violations. */
  DATA_VIOLATION: 'DATA_VIOLATION',
  /** API rate limit violations. */
  RATE_LIMIT_BREACH: 'RATE_LIMIT_BREACH',
  /** System health-related issues. */
  SYSTEM_HEALTH: 'SYSTEM_HEALTH',
} as const;

/** A built-in type, or any other text of the form of {@link alertTypePattern}. */
export type AlertType = (typeof AlertType)[keyof typeof AlertType] | (string & {});

/** What a type's name looks like: 1 to 64 of A-Z, 0-9 and _, beginning with a letter. */
export const alertTypePattern = /^[A-Z][A-Z0-9_]{0,63}$/;

/** What a type says of one metadata key. */
export interface MetadataKey {
  /** How far its value may travel. */
  readonly sensitivity: Sensitivity;
  /** True if alerts that differ here are about different things; it goes into the fingerprint. */
  readonly identifies: boolean;
  /** What the value is, for people. */
  readonly description: string;
}

/** What is known of an alert type. */
export interface AlertTypeDefinition {
  readonly title: string;
  /** Used where a report does not say; undefined means that each report must say. */
  readonly defaultSeverity: AlertSeverity | undefined;
  readonly metadata: Readonly<Record<string, MetadataKey>>;
}

/** The types a gateway knows. A type that is not declared is still an alert's type; nothing of it is identifying. */
export interface AlertTypes {
  /** The declared types by name. */
  readonly declared: ReadonlyMap<string, AlertTypeDefinition>;
  /** The severity for reports of this type that do not say one. */
  defaultSeverity(type: string): AlertSeverity | undefined;
  /** The metadata keys whose values make the fingerprint, in ascending order. */
  identityKeys(type: string): readonly string[];
  /** How far a value may travel. An undeclared key counts as HEALTH. */
  sensitivityOf(type: string, key: string): Sensitivity;
}

const key = (sensitivity: Sensitivity, description: string, identifies = false): MetadataKey => ({
  sensitivity,
  identifies,
  description,
});

/** The five built-in types. Being known to a therapy platform is personal already, so user and address are PERSONAL. */
export const builtInAlertTypes: Readonly<Record<string, AlertTypeDefinition>> = {
  AUTH_FAILURE: {
    title: 'Authentication failure',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      userId: key(Sensitivity.PERSONAL, 'The account that was tried.', true),
      ipAddress: key(Sensitivity.PERSONAL, 'Where the attempt came from.', true),
      method: key(Sensitivity.INTERNAL, 'How it was tried: password, publickey, totp …'),
      attempts: key(Sensitivity.INTERNAL, 'How many attempts the report stands for.'),
    },
  },
  UNUSUAL_ACCESS: {
    title: 'Unusual access',
    defaultSeverity: AlertSeverity.MEDIUM,
    metadata: {
      userId: key(Sensitivity.PERSONAL, 'Who accessed.', true),
      ipAddress: key(Sensitivity.PERSONAL, 'Where from.'),
      resource: key(Sensitivity.INTERNAL, 'What was accessed.', true),
      reason: key(Sensitivity.PERSONAL, 'Why it is unusual, in words.'),
    },
  },
  DATA_VIOLATION: {
    title: 'Data rule violation',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      userId: key(Sensitivity.PERSONAL, 'Who broke the rule.', true),
      resource: key(Sensitivity.HEALTH, 'Which data.', true),
      operation: key(Sensitivity.INTERNAL, 'What was done: read, export, delete …', true),
    },
  },
  RATE_LIMIT_BREACH: {
    title: 'Rate limit breach',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      ipAddress: key(Sensitivity.PERSONAL, 'Who called too often.', true),
      endpoint: key(Sensitivity.INTERNAL, 'What was called.', true),
      requestCount: key(Sensitivity.INTERNAL, 'How often, in the window of the limit.'),
    },
  },
  SYSTEM_HEALTH: {
    title: 'System health',
    defaultSeverity: AlertSeverity.MEDIUM,
    metadata: {
      component: key(Sensitivity.INTERNAL, 'Which component.', true),
      status: key(Sensitivity.INTERNAL, 'healthy, recovered, degraded, unhealthy or down.'),
    },
  },
};

/** Makes the types of a deployment: the built-in ones, and those of its policy, which may replace a built-in one. */
export const createAlertTypes = (declared: Readonly<Record<string, AlertTypeDefinition>> = {}): AlertTypes => {
  const types = new Map(Object.entries({ ...builtInAlertTypes, ...declared }));
  const identity = new Map(
    [...types].map(([name, { metadata }]) => [
      name,
      Object.keys(metadata)
        .filter((each) => metadata[each]?.identifies)
        .sort(),
    ]),
  );
  const none: readonly string[] = [];
  return {
    declared: types,
    defaultSeverity: (type) => types.get(type)?.defaultSeverity,
    identityKeys: (type) => identity.get(type) ?? none,
    sensitivityOf: (type, name) => {
      const keys = types.get(type)?.metadata;
      return (keys && Object.hasOwn(keys, name) ? keys[name]?.sensitivity : undefined) ?? undeclaredSensitivity;
    },
  };
};
