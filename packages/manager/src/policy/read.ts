import { type ChannelKind } from '@therapytrain/alerts-core/channel';
import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import type { z } from 'zod';
import { createPolicy, type ResolvedOptions } from './create.ts';
import { parseSource, type PolicyFault, valueOf } from './document.ts';
import { faultWords, type Finding, findingsOf } from './faults.ts';
import { lintsOf } from './lints.ts';
import { located, mostFaults } from './located.ts';
import { faultsOfPlaybooks } from './playbook-faults.ts';
import type { Policy } from './policy.ts';
import { at, entriesOf, isMap } from './raw.ts';
import { unknownReferences } from './references.ts';
import { policySchema } from './schema.ts';
import { resolveSecrets, type SecretSources } from './secrets.ts';

/** A policy that was read; without faults it is there. Lints are looked for in a policy without faults only. */
export interface PolicyReading {
  readonly policy: Policy | undefined;
  readonly faults: readonly PolicyFault[];
  readonly lints: readonly PolicyFault[];
}

/** What a policy is read with. */
export interface ReadPolicyOptions {
  /** The channels there are, by kind. */
  readonly kinds: ReadonlyMap<string, ChannelKind>;
  /** The responders there are, by kind. */
  readonly responders: ReadonlyMap<string, ResponderKind>;
  /** Where secrets are; undefined: they are not looked for. Such a policy is for looking at, not for running. */
  readonly secrets: SecretSources | undefined;
}

const empty: PolicyReading = { policy: undefined, faults: [], lints: [] };

const beginsWith = (path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean =>
  start.every((key, index) => path[index] === key);

type Options = Readonly<Record<string, unknown>>;

/** A part of a policy whose parts are each of a kind that has options of its own. */
interface Section {
  readonly name: 'channels' | 'responders';
  readonly what: string;
  readonly kinds: ReadonlyMap<string, { readonly options: z.ZodType }>;
  /** The keys that are of no kind. */
  readonly own: readonly string[];
}

const sectionsOf = ({ kinds, responders }: ReadPolicyOptions): readonly Section[] => [
  { name: 'channels', what: 'channel', kinds, own: ['kind', 'concurrency', 'limit', 'canary_every'] },
  { name: 'responders', what: 'responder', kinds: responders, own: ['kind', 'budget'] },
];

const optionsOf = (
  given: Options,
  { what, kinds, own }: Section,
  secrets: SecretSources | undefined,
): { readonly options: Options; readonly found: readonly Finding[] } => {
  const options = Object.fromEntries(Object.entries(given).filter(([key]) => !own.includes(key)));
  const { kind: name } = given;
  // The schema says what is wrong with a kind that is no text.
  if (typeof name !== 'string') return { options, found: [] };
  const kind = kinds.get(name);
  if (!kind) {
    const hint = `known: ${[...kinds.keys()].join(', ')}`;
    return { options, found: [{ path: ['kind'], about: 'value', rule: `is not a kind of ${what}`, hint }] };
  }
  const { value, faults, unknown } = resolveSecrets(kind.options, options, secrets);
  const result = kind.options.safeParse(value, { error: faultWords, reportInput: false });
  // What a schema says of a secret that is not known says nothing.
  const said = (result.error?.issues ?? []).filter(({ path }) => !unknown.some((each) => beginsWith(path, each)));
  const found = said.flatMap((issue) => findingsOf(issue, kind.options));
  return {
    options: value as Options,
    found: [...faults.map((each) => ({ ...each, about: 'value' as const })), ...found],
  };
};

const readSection = (
  policy: unknown,
  section: Section,
  secrets: SecretSources | undefined,
): { readonly resolved: ResolvedOptions; readonly found: readonly Finding[] } => {
  const read = entriesOf(at(policy, section.name)).flatMap(([name, each]) =>
    isMap(each) ? [{ name, ...optionsOf(each, section, secrets) }] : [],
  );
  return {
    resolved: new Map(read.map(({ name, options: resolved }) => [name, resolved])),
    found: read.flatMap(({ name, found }) =>
      found.map((each) => ({ ...each, path: [section.name, name, ...each.path] })),
    ),
  };
};

/**
 * Reads a policy. Pure but for the secrets that it names. Says every fault at once, each with its line and column, and
 * never throws, whatever the text is.
 */
export const readPolicy = (text: string, options: ReadPolicyOptions): PolicyReading => {
  const source = parseSource(text);
  if (Array.isArray(source)) return { ...empty, faults: source.slice(0, mostFaults) };
  const read = valueOf(source);
  if (Array.isArray(read)) return { ...empty, faults: read };
  const result = policySchema.safeParse(read.value, { error: faultWords, reportInput: false });
  const sections = sectionsOf(options).map((each) => readSection(read.value, each, options.secrets));
  const faults = [
    ...(result.error?.issues ?? []).flatMap((issue) => findingsOf(issue, policySchema)),
    ...sections.flatMap(({ found }) => found),
    ...unknownReferences(read.value),
    ...faultsOfPlaybooks(read.value, options.responders),
  ];
  if (faults.length > 0 || !result.success) return { ...empty, faults: located(source, faults) };
  const [channels, responders] = sections.map(({ resolved }) => resolved);
  const policy = createPolicy(result.data, channels, {
    kinds: options.responders,
    ...(responders && { options: responders }),
  });
  return { policy, faults: [], lints: located(source, lintsOf(result.data, policy)) };
};
