import { builtInAlertTypes } from '@therapytrain/alerts-core';
import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import { faultWords, type Finding, findingsOf } from './faults.ts';
import type { Place } from './places.ts';
import { at, entriesOf, isMap, itemsOf } from './raw.ts';
import { targetKindOf } from './responder-target.ts';

/** What a policy must know of the kind of a responder. */
export type KnownResponder = Pick<ResponderKind, 'target' | 'targetOf' | 'options' | 'reversible' | 'args'>;

/** The same of one responder: what it acts on is what its options say. */
type StepKind = Pick<KnownResponder, 'target' | 'reversible' | 'args'>;

const finding = (path: Place['path'], rule: string, hint: string): Finding => ({ path, about: 'value', rule, hint });

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

const ofArgs = (args: unknown, kind: Pick<StepKind, 'args'>): readonly Finding[] => {
  // The schema of the policy says what is wrong with arguments that are none.
  if (args !== undefined && !(isMap(args) && Object.values(args).every(isScalar))) return [];
  const result = kind.args.safeParse(args ?? {}, { error: faultWords, reportInput: false });
  return (result.error?.issues ?? []).flatMap((issue) =>
    findingsOf(issue, kind.args).map((each) => ({ ...each, path: ['args', ...each.path] })),
  );
};

/**
 * What is wrong with a step of a playbook because of what its responder is: duration, resource and arguments. Paths begin
 * at the step.
 */
export const faultsOfStep = (step: unknown, name: string, kind: StepKind): readonly Finding[] => {
  const [lasts, names] = [at(step, 'for') !== undefined, at(step, 'resource') !== undefined];
  const found: Finding[] = [];
  if (kind.reversible && !lasts) {
    found.push(
      finding(['for'], `is missing: what ${name} does has an end`, 'write for: 1h, or a ladder: [5m, 1h, 24h]'),
    );
  }
  if (!kind.reversible && lasts) {
    found.push(finding(['for'], `is of no use: nothing takes back what ${name} does`, 'take it out'));
  }
  if (kind.target === 'access' && !names) {
    const hint = 'name the metadata key that holds it, such as resource: resource';
    found.push(finding(['resource'], `is missing: ${name} acts on the access to a resource`, hint));
  }
  if (kind.target !== 'access' && names) {
    found.push(finding(['resource'], `is of no use: ${name} acts on no resource`, 'take it out'));
  }
  return [...found, ...ofArgs(at(step, 'args'), kind)];
};

/** Responders by name, as far as they are declared; a kind that is not known is a fault of its own. */
interface Declared {
  readonly names: readonly string[] | undefined;
  readonly kindOf: (name: string) => StepKind | undefined;
  /** Metadata keys that some type declares; undefined where that cannot be told. */
  readonly keys: ReadonlySet<string> | undefined;
}

const keysOf = (policy: unknown): Declared['keys'] => {
  const [types, detections] = [at(policy, 'types') ?? {}, at(policy, 'detections') ?? []];
  if (!isMap(types) || !Array.isArray(detections)) return undefined;
  return new Set([
    ...Object.values({ ...builtInAlertTypes, ...types }).flatMap((each) =>
      entriesOf(at(each, 'metadata')).map(([key]) => key),
    ),
    ...detections.flatMap((each) => itemsOf(at(each, 'group_by'))).filter((each) => typeof each === 'string'),
  ]);
};

const declaredIn = (policy: unknown, kinds: ReadonlyMap<string, KnownResponder>): Declared => {
  const responders = at(policy, 'responders') ?? {};
  return {
    names: isMap(responders) ? Object.keys(responders) : undefined,
    kindOf: (name) => {
      const settings = at(responders, name);
      const kind = at(settings, 'kind');
      const known = typeof kind === 'string' ? kinds.get(kind) : undefined;
      return known && isMap(settings) ? { ...known, target: targetKindOf(known, settings) } : undefined;
    },
    keys: keysOf(policy),
  };
};

const ofKeys = (step: unknown, { keys }: Declared): readonly Finding[] =>
  ['target', 'resource'].flatMap((field) => {
    const key = at(step, field);
    if (typeof key !== 'string' || !keys || keys.has(key)) return [];
    const rule = 'is a metadata key that no type declares';
    return [finding([field], rule, `declared: ${[...keys].sort().join(', ')}`)];
  });

const ofStep = (step: unknown, declared: Declared): readonly Finding[] => {
  const name = at(step, 'responder');
  if (typeof name !== 'string') return ofKeys(step, declared);
  const { names, kindOf } = declared;
  if (names && !names.includes(name)) {
    const hint = names.length === 0 ? 'none is declared' : `declared: ${names.join(', ')}`;
    return [finding(['responder'], 'is not the name of a responder', hint), ...ofKeys(step, declared)];
  }
  const kind = kindOf(name);
  return [...(kind ? faultsOfStep(step, name, kind) : []), ...ofKeys(step, declared)];
};

// Whoever writes `enforce` means all of it; of what nothing takes back, a person decides, and must be meant to.
const ofMode = (playbook: unknown, { kindOf }: Declared): readonly Finding[] => {
  if (at(playbook, 'mode') !== 'enforce' || at(playbook, 'approvers') !== undefined) return [];
  const asking = itemsOf(at(playbook, 'steps'))
    .map((step) => at(step, 'responder'))
    .find((name) => typeof name === 'string' && kindOf(name)?.reversible === false);
  if (asking === undefined) return [];
  const rule = `needs approvers beside it: nothing takes back what ${String(asking)} does`;
  return [finding(['mode'], rule, 'write approvers: 1 or 2, who are asked for that step, or mode: approve')];
};

/** What is wrong with the playbooks beside their schema. The policy may break its schema anywhere. */
export const faultsOfPlaybooks = (policy: unknown, kinds: ReadonlyMap<string, KnownResponder>): readonly Finding[] => {
  const declared = declaredIn(policy, kinds);
  return itemsOf(at(policy, 'playbooks')).flatMap((playbook, index) => [
    ...ofMode(playbook, declared).map((each) => ({ ...each, path: ['playbooks', index, ...each.path] })),
    ...itemsOf(at(playbook, 'steps')).flatMap((step, place) =>
      ofStep(step, declared).map((each) => ({ ...each, path: ['playbooks', index, 'steps', place, ...each.path] })),
    ),
  ]);
};
