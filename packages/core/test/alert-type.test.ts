import { describe, expect, test } from '@jest/globals';
import {
  AlertSeverity,
  AlertType,
  type AlertTypeDefinition,
  alertTypePattern,
  builtInAlertTypes,
  createAlertTypes,
  Sensitivity,
} from '@therapytrain/alerts-core';

const { PUBLIC, INTERNAL, PERSONAL, HEALTH } = Sensitivity;
const types = createAlertTypes();

const builtIn = [
  [
    'AUTH_FAILURE',
    AlertSeverity.HIGH,
    ['ipAddress', 'userId'],
    { userId: PERSONAL, ipAddress: PERSONAL, method: INTERNAL, attempts: INTERNAL },
  ],
  [
    'UNUSUAL_ACCESS',
    AlertSeverity.MEDIUM,
    ['resource', 'userId'],
    { userId: PERSONAL, ipAddress: PERSONAL, resource: INTERNAL, reason: PERSONAL },
  ],
  [
    'DATA_VIOLATION',
    AlertSeverity.HIGH,
    ['operation', 'resource', 'userId'],
    { userId: PERSONAL, resource: HEALTH, operation: INTERNAL },
  ],
  [
    'RATE_LIMIT_BREACH',
    AlertSeverity.HIGH,
    ['endpoint', 'ipAddress'],
    { ipAddress: PERSONAL, endpoint: INTERNAL, requestCount: INTERNAL },
  ],
  ['SYSTEM_HEALTH', AlertSeverity.MEDIUM, ['component'], { component: INTERNAL, status: INTERNAL }],
] as const;

describe('the five built-in types', () => {
  test('are these, under their own names', () => {
    const names = builtIn.map(([name]) => name);
    expect(Object.keys(builtInAlertTypes)).toEqual(names);
    expect(AlertType).toEqual(Object.fromEntries(names.map((name) => [name, name])));
    expect([...types.declared.keys()]).toEqual(names);
  });

  test.each(builtIn)('%s: default severity, identity, sensitivities', (name, severity, identity, sensitivities) => {
    expect(name).toMatch(alertTypePattern);
    expect(types.defaultSeverity(name)).toBe(severity);
    expect(types.identityKeys(name)).toEqual(identity);
    const { metadata, title } = builtInAlertTypes[name] as AlertTypeDefinition;
    expect(Object.fromEntries(Object.entries(metadata).map(([key, { sensitivity }]) => [key, sensitivity]))).toEqual(
      sensitivities,
    );
    for (const [key, sensitivity] of Object.entries(sensitivities))
      expect(types.sensitivityOf(name, key)).toBe(sensitivity);
    expect([title, ...Object.values(metadata).map(({ description }) => description)]).not.toContain('');
  });

  test('none of their keys is PUBLIC: each needs a clearance', () => {
    const all = Object.values(builtInAlertTypes).flatMap(({ metadata }) => Object.values(metadata));
    expect(all.filter(({ sensitivity }) => sensitivity === PUBLIC)).toEqual([]);
  });
});

describe('what is not declared', () => {
  // Names that an object without care would find on its prototype.
  const inherited = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', ''];

  test.each(['diagnosis', 'USERID', ...inherited])('the key %j of a declared type counts as HEALTH', (key) => {
    expect(types.sensitivityOf('AUTH_FAILURE', key)).toBe(HEALTH);
  });

  test.each(['BACKUP_FAILED', ...inherited])('the type %j: every key HEALTH, no default, no identity', (type) => {
    expect(types.sensitivityOf(type, 'userId')).toBe(HEALTH);
    expect(types.defaultSeverity(type)).toBeUndefined();
    expect(types.identityKeys(type)).toEqual([]);
  });
});

describe('types of a deployment', () => {
  const declared = {
    title: 'Backup failed',
    defaultSeverity: AlertSeverity.CRITICAL,
    metadata: {
      zone: { sensitivity: PUBLIC, identifies: true, description: 'Where.' },
      job: { sensitivity: INTERNAL, identifies: true, description: 'Which.' },
      note: { sensitivity: PERSONAL, identifies: false, description: '' },
    },
  };

  test('stand beside the built-in ones', () => {
    const more = createAlertTypes({ BACKUP_FAILED: declared });
    expect(more.declared.size).toBe(6);
    expect(more.defaultSeverity('BACKUP_FAILED')).toBe(AlertSeverity.CRITICAL);
    expect(more.identityKeys('BACKUP_FAILED')).toEqual(['job', 'zone']);
    expect(more.sensitivityOf('BACKUP_FAILED', 'zone')).toBe(PUBLIC);
    expect(more.sensitivityOf('BACKUP_FAILED', 'other')).toBe(HEALTH);
    expect(more.sensitivityOf('AUTH_FAILURE', 'userId')).toBe(PERSONAL);
  });

  test('may replace a built-in one, for this deployment only', () => {
    const more = createAlertTypes({ SYSTEM_HEALTH: { ...declared, defaultSeverity: undefined } });
    expect(more.declared.size).toBe(5);
    expect(more.defaultSeverity('SYSTEM_HEALTH')).toBeUndefined();
    expect(more.sensitivityOf('SYSTEM_HEALTH', 'component')).toBe(HEALTH);
    expect(createAlertTypes().defaultSeverity('SYSTEM_HEALTH')).toBe(AlertSeverity.MEDIUM);
  });
});

test('sensitivities are ordered numbers', () => {
  expect(Sensitivity).toEqual({ PUBLIC: 1, INTERNAL: 2, PERSONAL: 3, HEALTH: 4, SECRET: 5 });
});
