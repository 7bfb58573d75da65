import { readFileSync } from 'node:fs';
import { AlertError } from '@therapytrain/alerts-core';
import {
  defaultPolicy,
  type Policy,
  type PolicyFault,
  readPolicy,
  type SecretSources,
} from '@therapytrain/alerts-manager';
import { channelKinds } from './kinds.ts';

const kinds = new Map(channelKinds.map((each) => [each.kind, each]));

const text = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AlertError('POLICY_INVALID', `the policy ${file} cannot be read (${code})`, { cause });
  }
};

/** A fault or a lint on one line: `12:5 routes[0].when: what is wrong (what to write instead)`. */
export const faultLine = ({ line, column, path, rule, hint }: PolicyFault): string =>
  `${line}:${column} ${path}: ${rule}${hint ? ` (${hint})` : ''}`;

/** What a policy file is loaded with. */
export interface LoadPolicyOptions {
  /** Default: the environment of the process. */
  readonly environment?: SecretSources['environment'];
  /** Told of what is allowed and probably not meant. */
  readonly onLint?: (lint: PolicyFault) => void;
}

/** Loads a policy. Throws `POLICY_INVALID` with every fault, each with its line and column. */
export const loadPolicy = (
  file: string | undefined,
  { environment = process.env, onLint }: LoadPolicyOptions = {},
): Policy => {
  if (file === undefined) return defaultPolicy;
  const { policy, faults, lints } = readPolicy(text(file), {
    kinds,
    secrets: { environment, readFile: (path) => readFileSync(path, 'utf8') },
  });
  if (!policy) {
    const lines = [`the policy ${file} is not valid:`, ...faults.map((each) => `  ${faultLine(each)}`)];
    throw new AlertError('POLICY_INVALID', lines.join('\n'));
  }
  for (const lint of lints) onLint?.(lint);
  return policy;
};
