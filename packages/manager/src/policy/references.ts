import type { Finding } from './faults.ts';
import type { Place } from './places.ts';
import { at, entriesOf, isMap, itemsOf } from './raw.ts';

/** Names that may be used; undefined where nothing can be said, because they are at fault themselves. */
interface Declared {
  readonly what: 'channel' | 'receiver';
  readonly names: readonly string[] | undefined;
}

const declaredIn = (policy: unknown, section: string, what: Declared['what']): Declared => {
  const names = at(policy, section) ?? {};
  return { what, names: isMap(names) ? Object.keys(names) : undefined };
};

const unknownOf = (used: unknown, { what, names }: Declared, path: Place['path']): readonly Finding[] => {
  if (!names) return [];
  const hint = names.length === 0 ? 'none is declared' : `declared: ${names.join(', ')}`;
  return itemsOf(used).flatMap((each, index) =>
    typeof each !== 'string' || names.includes(each)
      ? []
      : [{ path: [...path, index], about: 'value', rule: `is not the name of a ${what}`, hint }],
  );
};

const ofRoutes = (routes: unknown, receivers: Declared, path: Place['path']): readonly Finding[] =>
  itemsOf(routes).flatMap((each, index) => [
    ...unknownOf(at(each, 'receivers'), receivers, [...path, index, 'receivers']),
    ...ofRoutes(at(each, 'routes'), receivers, [...path, index, 'routes']),
  ]);

/** Names that are used and not declared: a fault each. The policy may break its schema anywhere. */
export const unknownReferences = (policy: unknown): readonly Finding[] => {
  const channels = declaredIn(policy, 'channels', 'channel');
  const receivers = declaredIn(policy, 'receivers', 'receiver');
  return [
    ...entriesOf(at(policy, 'receivers')).flatMap(([name, each]) => [
      ...unknownOf(at(each, 'channels'), channels, ['receivers', name, 'channels']),
      ...unknownOf(at(each, 'fallback'), channels, ['receivers', name, 'fallback']),
    ]),
    ...ofRoutes(at(policy, 'routes'), receivers, ['routes']),
    ...entriesOf(at(policy, 'escalations')).flatMap(([severity, each]) =>
      unknownOf(at(each, 'receivers'), receivers, ['escalations', severity, 'receivers']),
    ),
  ];
};
