import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { absentIn, breachesOf, type Lockfile, unknownScripts } from './floors/check.ts';
import { floors, scriptedPackages } from './floors/table.ts';
import { root } from './shell.ts';

// Advisories are asked for where the network allows it; this holds where it does not.
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
const breaches = breachesOf(lock, floors);
for (const { path, version, floor } of breaches) {
  console.error(`✗ ${path} is ${version}, below ${floor.floors.join(' or ')}: ${floor.why}`);
}
const scripts = unknownScripts(lock, scriptedPackages);
for (const path of scripts)
  console.error(`✗ ${path} wants to run a script when it is installed, and nobody has looked at it`);
const absent = absentIn(lock, floors);
if (absent.length > 0) console.log(`Not installed: ${absent.join(', ')}.`);
console.log(`${floors.length - absent.length} floors looked at, ${breaches.length} broken.`);
process.exit(breaches.length + scripts.length === 0 ? 0 : 1);
