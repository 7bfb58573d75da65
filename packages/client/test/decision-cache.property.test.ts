import { expect, test } from '@jest/globals';
import { type Decision, type DecisionKind, decisionKinds } from '@therapytrain/alerts-core';
import { canonicalAddress, overlap, readAddress, readRange } from '@therapytrain/alerts-core/responder';
import { epoch } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { decisionOf, scripted } from './support/decision-script.ts';

const kinds = Object.keys(decisionKinds) as DecisionKind[];

// Few bits, so that ranges and addresses meet.
const octet = fc.constantFrom(0, 1, 127, 128, 255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const group = fc.constantFrom('0', '1', '7fff', '8000', 'ffff');
const ipv6 = fc.tuple(...Array.from({ length: 8 }, () => group)).map((groups) => groups.join(':'));
const mapped = ipv4.map((text) => `::ffff:${text}`);
const address = fc.oneof(ipv4, ipv6, mapped);
const range = fc.oneof(
  address,
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([text, bits]) => `${text}/${bits}`),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([text, bits]) => `${text}/${bits}`),
);
const user = fc.constantFrom('ann', 'bob');
const resource = fc.constantFrom('', 'files', 'mail');

const decision: fc.Arbitrary<Decision> = fc
  .record({
    id: fc.nat(9).map(String),
    kind: fc.constantFrom(...kinds),
    range: range.map((text) => canonicalAddress(text) ?? ''),
    user,
    resource,
    perMinute: fc.integer({ min: 1, max: 5 }),
    from: fc.nat(9),
    length: fc.integer({ min: -5, max: 300_000 }),
  })
  .map(({ id, kind, range: text, user: name, from, length, ...rest }) =>
    decisionOf(id, {
      ...rest,
      kind,
      target: decisionKinds[kind][0] === 'address' ? text : name,
      resource: kind === 'revoke_access' ? rest.resource : '',
      perMinute: kind === 'throttle_address' ? rest.perMinute : 0,
      from: epoch + from,
      until: epoch + length,
    }),
  );

type Step =
  | { readonly kind: 'put'; readonly decisions: readonly Decision[] }
  | { readonly kind: 'end'; readonly id: string }
  | { readonly kind: 'snapshot'; readonly decisions: readonly Decision[] }
  | { readonly kind: 'wait'; readonly span: number };

const some = fc.uniqueArray(decision, { maxLength: 4, selector: ({ id }) => id });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), decisions: some }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), id: fc.nat(9).map(String) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), decisions: some }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), span: fc.nat(90_000) }) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** The plainest cache there is: all decisions in a map, and every question looks at all of them. */
const createModel = () => {
  let known = new Map<string, Decision>();
  const holding = (kind: DecisionKind, now: number): Decision[] =>
    [...known.values()].filter((each) => each.kind === kind && each.until > now);
  const about = (kind: DecisionKind, ip: string, now: number): Decision[] => {
    const key = readAddress(ip);
    const one = key && readRange(key.toString());
    return holding(kind, now).filter(({ target }) => {
      const held = readRange(target);
      return one && held && overlap(held, one);
    });
  };
  const ofUser = (kind: DecisionKind, name: string, now: number): Decision[] =>
    holding(kind, now).filter(({ target }) => target === name);
  const bitsOf = ({ target }: Decision): number => readRange(target)?.bits ?? 0;
  return {
    put: (decisions: readonly Decision[]) => decisions.forEach((each) => known.set(each.id, each)),
    end: (id: string) => void known.delete(id),
    snapshot: (decisions: readonly Decision[]) => void (known = new Map(decisions.map((each) => [each.id, each]))),
    blocked: (ip: string, now: number) => about('block_address', ip, now).length > 0,
    suspect: (ip: string, now: number) => about('suspect_address', ip, now).length > 0,
    throttle: (ip: string, now: number) => {
      const all = about('throttle_address', ip, now);
      const narrowest = Math.max(...all.map(bitsOf));
      const limits = all.filter((each) => bitsOf(each) === narrowest).map(({ perMinute }) => perMinute);
      return limits.length === 0 ? undefined : Math.min(...limits);
    },
    locked: (name: string, now: number) => ofUser('lock_account', name, now).length > 0,
    revokedBefore: (name: string, now: number) =>
      ofUser('revoke_sessions', name, now)
        .map(({ from }) => from)
        .toSorted((one, other) => other - one)[0],
    access: (name: string, what: string, now: number) =>
      ofUser('revoke_access', name, now).some((each) => each.resource === what),
    stepUp: (name: string, provenAt: number, now: number) =>
      ofUser('step_up', name, now).some(({ from }) => from > provenAt),
    kept: (now: number) => [...known.values()].filter(({ until }) => until > now).length,
  };
};

test('whatever is told, a cache answers as one that looks at all decisions', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(address, { minLength: 1, maxLength: 6 }), async (all, asked) => {
      const { cache, clock, tell, snapshot } = scripted();
      const model = createModel();
      let n = 0;
      for (const step of all) {
        if (step.kind === 'put') {
          await tell({ kind: 'changes', decisions: step.decisions, ended: [], cursor: String(++n) });
          model.put(step.decisions);
        } else if (step.kind === 'end') {
          await tell({ kind: 'changes', decisions: [], ended: [step.id], cursor: String(++n) });
          model.end(step.id);
        } else if (step.kind === 'snapshot') {
          await snapshot(...step.decisions);
          model.snapshot(step.decisions);
        } else await clock.advance(step.span);
        const now = clock.now();
        const targets =
          step.kind === 'put' || step.kind === 'snapshot' ? step.decisions.map(({ target }) => target) : [];
        for (const ip of [...asked, ...targets.map((target) => target.split('/')[0] ?? '')]) {
          expect([ip, cache.isBlocked(ip), cache.isSuspect(ip), cache.throttle(ip)]).toEqual([
            ip,
            model.blocked(ip, now),
            model.suspect(ip, now),
            model.throttle(ip, now),
          ]);
        }
        for (const name of ['ann', 'bob']) {
          expect(cache.isLocked(name)).toBe(model.locked(name, now));
          expect(cache.sessionRevokedBefore(name)).toBe(model.revokedBefore(name, now));
          expect(cache.accessRevoked(name, 'files')).toBe(model.access(name, 'files', now));
          expect(cache.needsStepUp(name, epoch + 4)).toBe(model.stepUp(name, epoch + 4, now));
        }
      }
      await clock.advance(200_000);
      const counted = Object.values(cache.counts()).reduce((sum, each) => sum + each, 0);
      // What is past its time goes within a minute and a sweep.
      expect(counted).toBeGreaterThanOrEqual(model.kept(clock.now()));
      await clock.advance(200_000);
      expect(cache.counts()).toEqual({});
      cache.close();
    }),
    { numRuns: 200 },
  );
}, 60_000);
