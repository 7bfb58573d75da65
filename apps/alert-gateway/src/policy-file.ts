import { readFileSync } from 'node:fs';
import { AlertError } from '@therapytrain/alerts-core';
import {
  defaultPolicy,
  type Policy,
  type PolicyFault,
  type PolicyReading,
  readPolicy,
  type SecretSources,
} from '@therapytrain/alerts-manager';
import { responderKinds } from '@therapytrain/alerts-responders';
import { channelKinds } from './kinds.ts';

const known = {
  kinds: new Map(channelKinds.map((each) => [each.kind, each])),
  responders: new Map(responderKinds.map((each) => [each.kind, each])),
};

const textOf = (file: string): string => {
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

/** A policy file that was read: with faults there is no policy. */
export interface PolicyFileReading extends PolicyReading {
  readonly text: string;
}

/** Reads a policy file. Throws `POLICY_INVALID` where it cannot be read at all. */
export const readPolicyFile = (
  file: string,
  environment: SecretSources['environment'] = process.env,
  onRead: (file: string) => void = () => undefined,
): PolicyFileReading => {
  onRead(file);
  const read = textOf(file);
  const readSecret = (path: string): string => {
    onRead(path);
    return readFileSync(path, 'utf8');
  };
  const secrets = { environment, readFile: readSecret };
  return { text: read, ...readPolicy(read, { ...known, secrets }) };
};

/** Looks at a policy that somebody sent: what it names, an environment variable or a file, is not looked for. */
export const readForeignPolicy = (text: string): PolicyReading => readPolicy(text, { ...known, secrets: undefined });

/** What a policy file is loaded with. */
export interface LoadPolicyOptions {
  /** Default: the environment of the process. */
  readonly environment?: SecretSources['environment'];
  /** Told of what is allowed and probably not meant. */
  readonly onLint?: (lint: PolicyFault) => void;
  /** Told of each file just before it is read: the policy, and those that hold its secrets. */
  readonly onRead?: (file: string) => void;
}

/** The policy that a gateway begins with, and the text that it was read from; empty for the built-in one. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly text: string;
}

/** Loads a policy. Throws `POLICY_INVALID` with every fault, each with its line and column. */
export const loadPolicyFile = (
  file: string | undefined,
  { environment = process.env, onLint, onRead }: LoadPolicyOptions = {},
): LoadedPolicy => {
  if (file === undefined) return { policy: defaultPolicy, text: '' };
  const { policy, faults, lints, text } = readPolicyFile(file, environment, onRead);
  if (!policy) {
    const lines = [`the policy ${file} is not valid:`, ...faults.map((each) => `  ${faultLine(each)}`)];
    throw new AlertError('POLICY_INVALID', lines.join('\n'));
  }
  for (const lint of lints) onLint?.(lint);
  return { policy, text };
};

/** The same, of which only the policy is wanted. */
export const loadPolicy = (file: string | undefined, options: LoadPolicyOptions = {}): Policy =>
  loadPolicyFile(file, options).policy;
