import { describe, expect, test } from '@jest/globals';
import * as api from '@therapytrain/alerts-api';
import { scopes } from '@therapytrain/alerts-core';
import { needs } from '../../src/identity/needs.ts';

type Service = Readonly<Record<string, { readonly path: string }>>;

// Every service of the contract, found by its form: a new one is found too.
const services = Object.entries(api)
  .filter(([name, value]) => name.endsWith('ServiceService') && typeof value === 'object')
  .map(([, service]) => service as unknown as Service);
const paths = services.flatMap((service) => Object.values(service).map(({ path }) => path));

describe('the table of needs', () => {
  test('has a row for every method of the contract', () => {
    expect(services.length).toBeGreaterThanOrEqual(7);
    expect(paths.filter((path) => !needs.has(path))).toEqual([]);
  });

  test('has no row for a method that is not there', () => {
    const ours = [...needs.keys()].filter((path) => path.startsWith('/therapytrain.'));
    expect(ours.filter((path) => !paths.includes(path))).toEqual([]);
  });

  test('leaves nothing of ours open to those who proved nothing', () => {
    const known: readonly string[] = [...scopes, 'proved'];
    expect(paths.filter((path) => !known.includes(needs.get(path) ?? ''))).toEqual([]);
  });
});
