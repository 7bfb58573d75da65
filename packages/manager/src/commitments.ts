import type { NewAuditEntry, Response, Store } from '@therapytrain/alerts-core';

/**
 * What stands in the audit for a value of the person or address that a response is about: a text that says nothing of the
 * value, and by which whoever has the value and the key of the person can show that it is the one.
 */
export type Commitment = (of: string, value: string) => Promise<string>;

const factsOf = async ({ target }: Response, commit: Commitment): Promise<NewAuditEntry['facts']> => ({
  target: await commit(target.value, target.value),
  ...(target.resource !== '' && { resource: await commit(target.value, target.resource) }),
});

// What tells of one response has its id as subject, and says its state. Some that do tell of many at once.
const isAboutOne = ({ action, facts }: NewAuditEntry): boolean => action.startsWith('response.') && 'state' in facts;

/**
 * A store that adds to each entry of the audit about a response whom it is about, as a commitment: facts `target` and,
 * for access, `resource`. Stages stay pure: what a commitment needs is asked for right before the commit that bears it.
 */
export const withCommitments = (store: Store, commit: Commitment): Store => {
  const told = async <
    T extends { readonly audit?: readonly NewAuditEntry[]; readonly responses?: readonly Response[] },
  >(
    changes: T,
  ): Promise<T> => {
    if (!changes.audit?.some(isAboutOne)) return changes;
    const known = new Map(changes.responses?.map((each) => [each.id, each]));
    const audit: NewAuditEntry[] = [];
    for (const each of changes.audit) {
      const response = isAboutOne(each) ? (known.get(each.subject) ?? (await store.response(each.subject))) : undefined;
      audit.push(response ? { ...each, facts: { ...each.facts, ...(await factsOf(response, commit)) } } : each);
    }
    return { ...changes, audit };
  };
  return {
    ...store,
    commit: async (changes) => store.commit(await told(changes)),
    settle: async (settled) =>
      store.settle(
        await Promise.all(
          settled.map(async (each) => (each.changes ? { ...each, changes: await told(each.changes) } : each)),
        ),
      ),
  };
};
