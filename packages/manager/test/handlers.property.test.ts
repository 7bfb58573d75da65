import { afterEach, expect, test } from '@jest/globals';
import { type AlertSeverity, severities } from '@therapytrain/alerts-core';
import { AlertManager } from '@therapytrain/alerts-manager';
import fc from 'fast-check';
import { configured, gate } from './support/manager.ts';

afterEach(() => AlertManager.reset());

/** What happens: an alert of a severity comes, or one of those that are handled ends. */
const steps = fc.array(fc.oneof(fc.constantFrom<AlertSeverity | 'end'>(...severities), fc.constant('end' as const)), {
  maxLength: 80,
});

test('whatever comes and ends in whatever order, each alert is handled once or told as dropped, the most severe first', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 6 }),
      async (script, concurrency, capacity) => {
        const { manager, failures } = configured({ handlerConcurrency: concurrency, handlerBacklog: capacity });
        const { handler, told, releaseAll, releaseOne } = gate();
        manager.registerHandler(handler);
        // The model: what waits, in the order it came.
        let waiting: { readonly id: string; readonly severity: AlertSeverity }[] = [];
        const expected: string[] = [];
        const dropped: string[] = [];
        let running = 0;
        const next = (): void => {
          const most = Math.max(...waiting.map(({ severity }) => severity));
          const chosen = waiting.find(({ severity }) => severity === most);
          waiting = waiting.filter((each) => each !== chosen);
          if (chosen) expected.push(chosen.id);
          else running--;
        };
        for (const step of script) {
          if (step === 'end') {
            if (await releaseOne()) next();
            continue;
          }
          const alert = await manager.createAlert('A', step, 'm');
          if (running < concurrency) {
            running++;
            expected.push(alert.id);
            continue;
          }
          waiting.push(alert);
          if (waiting.length <= capacity) continue;
          const least = Math.min(...waiting.map(({ severity }) => severity));
          const victim = waiting.findLast(({ severity }) => severity === least);
          waiting = waiting.filter((each) => each !== victim);
          if (victim) dropped.push(victim.id);
        }
        expect(told.map(({ id }) => id)).toEqual(expected);
        expect(failures.map(({ alertId }) => alertId)).toEqual(dropped);
        await releaseAll();
        await manager.idle();
        const created = script.filter((step) => step !== 'end').length;
        expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
        expect(manager.stats()).toEqual({
          handled: created - dropped.length,
          failed: 0,
          timedOut: 0,
          dropped: dropped.length,
          backlog: 0,
        });
      },
    ),
    { numRuns: 200 },
  );
});
