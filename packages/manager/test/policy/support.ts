import { duration } from '@therapytrain/alerts-core';
import { type ChannelKind, defineChannel, secret } from '@therapytrain/alerts-core/channel';
import { type Policy, readPolicy, type ReadPolicyOptions } from '@therapytrain/alerts-manager';
import { z } from 'zod';
import { responders } from './responders.ts';

const create = () => {
  throw new Error('no channel is built here');
};

const mail = defineChannel({
  kind: 'email',
  options: z
    .strictObject({
      host: z.string().describe('The server.'),
      user: z.string().optional().describe('Whom to sign in as.'),
      pass: secret().optional().describe('The password.'),
      timeout: duration().prefault('10s').describe('Longest wait.'),
    })
    .superRefine(({ user, pass }, { addIssue }) => {
      if (user !== undefined && !pass) addIssue({ code: 'custom', path: ['pass'], message: 'is needed beside user' });
    }),
  create,
});

const hook = defineChannel({
  kind: 'webhook',
  options: z.strictObject({
    url: secret()
      .refine((url) => url.reveal().startsWith('https://'), 'is not an https address')
      .describe('Where to.'),
    secret: z
      .union([secret(), z.array(secret()).min(1)])
      .transform((given) => [given].flat())
      .optional()
      .describe('What signs.'),
    headers: z.record(z.string(), secret()).default({}).describe('Further headers.'),
  }),
  create,
});

/** Two kinds of channel that are there for their options. */
export const kinds: ReadonlyMap<string, ChannelKind> = new Map<string, ChannelKind>([
  ['email', mail],
  ['webhook', hook],
]);

const files: Readonly<Record<string, string>> = { '/run/pass': 'file-secret\n', '/run/empty': '\n' };

/** Where secrets are: two variables and two files. */
export const secrets: NonNullable<ReadPolicyOptions['secrets']> = {
  environment: { HOOK_URL: 'https://hooks.example/token-secret', SIGNING: 'signing-secret', EMPTY: '' },
  readFile: (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  },
};

/** Reads a policy with these kinds and secrets. */
export const read = (text: string, given: Partial<ReadPolicyOptions> = {}) =>
  readPolicy(text, { kinds, responders, secrets, ...given });

/** A policy that has no fault. */
export const policyOf = (text: string): Policy => {
  const { policy, faults } = read(text);
  if (!policy) throw new Error(JSON.stringify(faults));
  return policy;
};

/** Faults or lints, one a line, without their hints. */
export const told = (found: ReturnType<typeof read>['faults']): readonly string[] =>
  found.map(({ line, column, path, rule }) => `${line}:${column} ${path}: ${rule}`);
