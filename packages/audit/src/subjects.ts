import { createHmac, timingSafeEqual } from 'node:crypto';
import { type NewAuditEntry, type Random, type Store } from '@therapytrain/alerts-core';

/** What commitments are made with. */
export interface SubjectParts {
  readonly store: Pick<Store, 'subjectKeys' | 'commit'>;
  /** 32 bytes of the deployment, which make the pseudonyms of persons. */
  readonly key: Uint8Array;
  readonly random: Random;
}

/**
 * Stands for values of persons in the audit. A commitment says nothing of the value; whoever has the value and the key
 * of the person can show that it is the one. When the key is erased nobody can, and the log stays as it is.
 */
export interface Subjects {
  /** The pseudonym of a person: 32 hexadecimal digits. The same name, in whatever form it is written, gives the same one. */
  idOf(user: string): string;
  /**
   * `hmac-sha256:<pseudonym>:<hexadecimal>` for a value of a person, for a fact of an entry. The key that it takes is
   * durable when it resolves.
   */
  commit(user: string, value: string): Promise<string>;
  /** True if the commitment stands for this value; false also where the key was erased. */
  opens(commitment: string, user: string, value: string): Promise<boolean>;
  /** Erases the key of a person, with the entry that says so. False if there was none; then nothing is written. */
  erase(user: string, entry: Omit<NewAuditEntry, 'subject' | 'action' | 'facts'>): Promise<boolean>;
}

const keyBytes = 32;
const idDigits = 32;

/** One form for what is written in many: Unicode NFKC, without white space around it, in lower case. */
export const canonicalUser = (user: string): string => user.normalize('NFKC').trim().toLowerCase();

/** Makes commitments. */
export const createSubjects = ({ store, key, random }: SubjectParts): Subjects => {
  const idOf = (user: string): string =>
    createHmac('sha256', key)
      .update(`subject\n${canonicalUser(user)}`)
      .digest('hex')
      .slice(0, idDigits);
  const keyOf = async (id: string): Promise<Uint8Array | undefined> => (await store.subjectKeys([id]))[0]?.key;
  const macOf = (own: Uint8Array, value: string): string => createHmac('sha256', own).update(value).digest('hex');
  const newKey = async (id: string): Promise<Uint8Array> => {
    const fresh = new Uint8Array(keyBytes);
    random.fill(fresh);
    await store.commit({ subjectKeys: [{ id, key: fresh }] });
    // Somebody else may have been first.
    return (await keyOf(id)) ?? fresh;
  };
  return {
    idOf,
    commit: async (user, value) => {
      const id = idOf(user);
      return `hmac-sha256:${id}:${macOf((await keyOf(id)) ?? (await newKey(id)), value)}`;
    },
    opens: async (commitment, user, value) => {
      const id = idOf(user);
      const own = await keyOf(id);
      if (!own) return false;
      const [mine, theirs] = [`hmac-sha256:${id}:${macOf(own, value)}`, commitment].map((text) => Buffer.from(text));
      return (
        mine !== undefined && theirs !== undefined && mine.length === theirs.length && timingSafeEqual(mine, theirs)
      );
    },
    erase: async (user, { at, actor }) => {
      const id = idOf(user);
      if (!(await keyOf(id))) return false;
      await store.commit({ erase: [id], audit: [{ at, actor, action: 'subject.erased', subject: id, facts: {} }] });
      return true;
    },
  };
};
