import { type Chance, chanceOf } from '../../torture/chance.ts';

/** Where a value goes in, and so how far it may come out again. */
export type CanaryPlace =
  // What an alert says of people: never beyond the store, the streams and the answers to those who ask.
  | 'personal'
  | 'health'
  | 'secret'
  | 'undeclared'
  | 'undeclaredKey'
  | 'nested'
  // What stands beside it.
  | 'requestId'
  | 'dedupKey'
  | 'undeclaredType'
  | 'traceParent'
  | 'source'
  | 'authorization'
  | 'header'
  | 'headerKey'
  | 'path'
  // What people ask and say.
  | 'filter'
  | 'badFilter'
  | 'cursor'
  | 'pageToken'
  | 'alertId'
  | 'checkedPolicy'
  | 'malformed'
  | 'comment'
  | 'assignee'
  | 'silenceWhen'
  | 'silenceReason'
  | 'message'
  // Secrets of the policy.
  | 'webhookPath'
  | 'webhookSecret'
  | 'webhookHeader'
  | 'mailPassword';

/** Unique values, by the place where each goes in. */
export type Canaries = Readonly<Record<CanaryPlace, string>>;

const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
const word = (chance: Chance, length = 14): string =>
  Array.from({ length }, () => letters[chance.between(0, letters.length - 1)]).join('');

const uuid = (chance: Chance): string => {
  const hex = Array.from({ length: 32 }, () => chance.between(0, 15).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** The values of a seed. No two are alike, none is a word. */
export const canariesOf = (seed: number): Canaries => {
  const chance = chanceOf(seed, 'canaries');
  const one = (name: string): string => `${name}-${word(chance)}`;
  return {
    personal: one('user'),
    health: one('diagnosis'),
    secret: one('password'),
    undeclared: one('note'),
    undeclaredKey: `key_${word(chance)}`,
    nested: one('deep'),
    requestId: uuid(chance),
    dedupKey: one('dedup'),
    undeclaredType: `TYPE_${word(chance).toUpperCase()}`,
    traceParent: one('00'),
    source: `${one('SOURCE')}!`,
    authorization: one('bearer'),
    header: one('header'),
    headerKey: `x-${word(chance)}`,
    path: one('method'),
    filter: one('filter'),
    badFilter: one('bad-filter'),
    cursor: word(chance, 24),
    pageToken: word(chance, 24),
    alertId: one('no-id'),
    checkedPolicy: one('policy'),
    malformed: one('malformed'),
    comment: one('comment'),
    assignee: one('assignee'),
    silenceWhen: one('silence'),
    silenceReason: one('reason'),
    message: one('said'),
    webhookPath: one('hook'),
    webhookSecret: `whsec_${Buffer.from(word(chance, 32)).toString('base64')}`,
    webhookHeader: one('token'),
    mailPassword: one('pass'),
  };
};

/** What people on a channel are meant to read, at the clearance that channels have if nothing else is said. */
export const toldOnChannels: readonly CanaryPlace[] = ['message', 'undeclaredType', 'comment', 'assignee'];

/** What must not even stand in the store: what authenticates somebody, ours or a peer. */
export const neverStored: readonly CanaryPlace[] = [
  'authorization',
  'webhookPath',
  'webhookSecret',
  'webhookHeader',
  'mailPassword',
  'badFilter',
  'malformed',
];
