import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import type { Decision } from '@therapytrain/alerts-core/responder';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';
import { type DecisionChange, memoryFeed } from '@therapytrain/alerts-responders';

const decisionOf = (id: string, until: number): Decision => ({
  ...{ id, kind: 'block_address', target: '203.0.113.7', resource: '', perMinute: 0 },
  ...{ from: epoch, until, playbook: 'p', incident: '' },
});

const step = fc.oneof(
  fc.record({
    act: fc.constant('put' as const),
    id: fc.nat(2),
    fence: fc.nat(4),
    lasts: fc.integer({ min: -5, max: 20 }),
  }),
  fc.record({ act: fc.constant('end' as const), id: fc.nat(2), fence: fc.nat(4) }),
  fc.record({ act: fc.constant('wait' as const), span: fc.nat(8) }),
);

test('whatever is asked in whatever order, the feed is what a list of the highest fences says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = createFakeClock();
      const feed = memoryFeed({ clock });
      // The naive model: all that was ever taken, in order. The last of an id with its highest fence is what holds.
      const taken: { id: string; fence: number; decision: Decision | undefined }[] = [];
      const told = new Map<string, Decision>();
      feed.listen(({ kind, decision }) => {
        if (kind === 'ended') told.delete(decision.id);
        else told.set(decision.id, decision);
      });
      for (const each of steps) {
        if (each.act === 'wait') {
          await clock.advance(each.span);
        } else {
          const id = String(each.id);
          const late = taken.some((before) => before.id === id && before.fence > each.fence);
          const decision = each.act === 'put' ? decisionOf(id, clock.now() + each.lasts) : undefined;
          const took = decision ? await feed.put(decision, each.fence) : await feed.end(id, each.fence);
          expect(took).toBe(!late);
          if (!late) taken.push({ id, fence: each.fence, decision });
        }
        const now = clock.now();
        const last = ['0', '1', '2'].flatMap((id) => taken.findLast((before) => before.id === id)?.decision ?? []);
        const inForce = last.filter(({ until }) => until > now);
        expect([...feed.decisions()].sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(inForce);
        // Who only listened, and looks at the end of each, knows the same.
        const heard = [...told.values()].filter(({ until }) => until > now);
        expect(heard.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(inForce);
      }
    }),
  );
});

test('what changes nothing is told to nobody; who has stopped is told nothing', async () => {
  const clock = createFakeClock();
  const feed = memoryFeed({ clock });
  const told: DecisionChange['kind'][] = [];
  const listener = ({ kind }: DecisionChange): void => void told.push(kind);
  const stop = feed.listen(listener);
  const stopTwin = feed.listen(listener);
  stopTwin();
  await feed.put(decisionOf('a', epoch + 1_000), 1);
  await feed.put(decisionOf('a', epoch + 1_000), 1);
  await feed.put(decisionOf('a', epoch + 2_000), 2);
  await feed.put(decisionOf('a', epoch + 9_000), 1);
  await feed.end('a', 3);
  await feed.end('a', 3);
  await feed.end('never', 1);
  await feed.put(decisionOf('past', epoch), 1);
  expect(told).toEqual(['added', 'changed', 'ended']);
  stop();
  await feed.put(decisionOf('b', epoch + 1_000), 1);
  expect(told).toHaveLength(3);
});

test('a fence is remembered for a day after the end, and no longer', async () => {
  const clock = createFakeClock();
  const feed = memoryFeed({ clock });
  await feed.put(decisionOf('a', epoch + 1_000), 5);
  await feed.end('a', 6);
  await clock.advance(86_399_999);
  expect(await feed.put(decisionOf('a', clock.now() + 1_000), 5)).toBe(false);
  await clock.advance(3_600_001);
  expect(await feed.put(decisionOf('a', clock.now() + 1_000), 5)).toBe(true);
});
