import { describe, expect, test } from '@jest/globals';
import { AlertSeverity, Sensitivity } from '@therapytrain/alerts-core';
import { createPolicy, defaultPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { z } from 'zod';

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source));
const faultsOf = (source: unknown): readonly string[] =>
  policySchema.safeParse(source).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('a policy in force', () => {
  test('of nothing: the built-in types, and every alert kept', () => {
    expect([...defaultPolicy.types.declared.keys()]).toHaveLength(5);
    expect(defaultPolicy.retention).toEqual({
      ...{ maxAge: undefined, maxBytes: undefined, incidents: 90 * 86_400_000 },
      ...{ audit: 2_192 * 86_400_000, hold: false },
    });
    expect(policyOf({}).types.defaultSeverity('AUTH_FAILURE')).toBe(AlertSeverity.HIGH);
  });

  test('declares types, by their names', () => {
    const { types } = policyOf({
      types: {
        BACKUP_FAILED: {
          title: 'Backup failed',
          default_severity: 'CRITICAL',
          metadata: {
            job: { sensitivity: 'INTERNAL', identifies: true },
            patient: { sensitivity: 'HEALTH' },
            host: { sensitivity: 'PUBLIC', description: 'Where.' },
          },
        },
        QUIET: { title: 'Quiet' },
      },
    });
    expect(types.declared.get('BACKUP_FAILED')).toEqual({
      title: 'Backup failed',
      defaultSeverity: AlertSeverity.CRITICAL,
      metadata: {
        job: { sensitivity: Sensitivity.INTERNAL, identifies: true, description: '' },
        patient: { sensitivity: Sensitivity.HEALTH, identifies: false, description: '' },
        host: { sensitivity: Sensitivity.PUBLIC, identifies: false, description: 'Where.' },
      },
    });
    expect(types.identityKeys('BACKUP_FAILED')).toEqual(['job']);
    expect(types.sensitivityOf('BACKUP_FAILED', 'host')).toBe(Sensitivity.PUBLIC);
    expect(types.sensitivityOf('BACKUP_FAILED', 'other')).toBe(Sensitivity.HEALTH);
    expect(types.defaultSeverity('QUIET')).toBeUndefined();
  });

  test('may say another thing of a built-in type', () => {
    const { types } = policyOf({ types: { AUTH_FAILURE: { title: 'Login', default_severity: 'LOW' } } });
    expect(types.defaultSeverity('AUTH_FAILURE')).toBe(AlertSeverity.LOW);
    expect(types.sensitivityOf('AUTH_FAILURE', 'userId')).toBe(Sensitivity.HEALTH);
    expect(types.declared.size).toBe(5);
  });

  test('retention in milliseconds and bytes', () => {
    expect(policyOf({ retention: { max_age: '90d', max_size: '10GiB', incidents: '1d' } }).retention).toEqual({
      maxAge: 7_776_000_000,
      maxBytes: 10_737_418_240,
      incidents: 86_400_000,
      audit: 2_192 * 86_400_000,
      hold: false,
    });
  });
});

describe('what breaks the schema is told with its path', () => {
  test.each<readonly [string, unknown, readonly string[]]>([
    ['an unknown key', { typos: {} }, ['']],
    ['an unknown key below', { retention: { max_days: 5 } }, ['retention']],
    ['a type in lower case', { types: { backup: { title: 'x' } } }, ['types.backup']],
    ['a type without a title', { types: { A: {} } }, ['types.A.title']],
    ['a severity as a number', { types: { A: { title: 'x', default_severity: 3 } } }, ['types.A.default_severity']],
    [
      'a severity that is none',
      { types: { A: { title: 'x', default_severity: 'high' } } },
      ['types.A.default_severity'],
    ],
    [
      'a sensitivity that is none',
      { types: { A: { title: 'x', metadata: { a: { sensitivity: 'PHI' } } } } },
      ['types.A.metadata.a.sensitivity'],
    ],
    ['a span without a unit', { retention: { max_age: 90 } }, ['retention.max_age']],
    [
      'two faults at once',
      { retention: { max_age: '90', max_size: '5GB' } },
      ['retention.max_age', 'retention.max_size'],
    ],
    ['no map', [], ['']],
  ])('%s', (_name, source, paths) => expect(faultsOf(source)).toEqual(paths));

  test.each(['__proto__', 'constructor', 'prototype', '', 'a\u0000b', 'é'.repeat(33)])(
    'a metadata key that no alert can have: %j',
    (key) => {
      const source: unknown = JSON.parse(
        `{"types":{"A":{"title":"x","metadata":{${JSON.stringify(key)}:{"sensitivity":"PUBLIC"}}}}}`,
      );
      const parsed = policySchema.safeParse(source);
      // Whatever the schema makes of `__proto__`, it is not declared, and nothing is polluted.
      if (key !== '__proto__') expect(parsed.success).toBe(false);
      const declared = parsed.success && createPolicy(parsed.data).types.declared.get('A')?.metadata;
      expect(Object.keys(declared || {})).toEqual([]);
      expect(({} as Record<string, unknown>)['sensitivity']).toBeUndefined();
    },
  );
});

test('every field has a description, from which docs/config.md is printed', () => {
  const undescribed: string[] = [];
  const visit = (schema: z.core.JSONSchema.BaseSchema | boolean | undefined, path: string): void => {
    if (typeof schema !== 'object') return;
    for (const [key, each] of Object.entries(schema.properties ?? {})) {
      if (typeof each === 'object' && !each.description) undescribed.push(`${path}${key}`);
      visit(each, `${path}${key}.`);
    }
    visit(schema.additionalProperties, `${path}*.`);
  };
  visit(z.toJSONSchema(policySchema, { io: 'input' }), '');
  expect(undescribed).toEqual([]);
});
