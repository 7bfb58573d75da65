import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNoopMeter, trace } from '@opentelemetry/api';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import type { Responder, ResponseAttempt, Step } from '@therapytrain/alerts-core/responder';
import { traceResponder } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';
import { startTracing, type TestTracing } from './support/tracing.ts';

const named = { name: 'front door', kind: 'lock-account' };
const step: Step = {
  id: '0190aaaa-0000-7000-8000-000000000001',
  target: { kind: 'user', value: 'planted-person', resource: '' },
  args: { note: 'planted-argument' },
  ...{ from: 1, until: 2, severity: AlertSeverity.HIGH, playbook: 'lock', incident: 'planted-incident' },
};
const attempt: ResponseAttempt = { key: 'planted-key', number: 2, fence: 3, signal: new AbortController().signal };
const done: Outcome = { kind: 'done', proof: 'planted-proof' };

const responderOf = (ended: () => Promise<Outcome>, more: Partial<Responder> = {}): Responder => ({
  preview: () => ({ summary: 'nothing', reversible: true }),
  ...{ respond: ended, revert: ended, check: ended, close: async () => undefined },
  ...more,
});

let tracing: TestTracing;
let metered: CollectingMeter;
beforeEach(() => {
  tracing = startTracing();
  metered = createCollectingMeter();
});
afterEach(async () => {
  await tracing.close();
  await metered.close();
});

test('each attempt is a span and a count, by name, kind and end, and tells no target', async () => {
  const ends = [async () => done, async () => outcomeOf('refused', 'planted-detail')];
  const responder = responderOf(() => (ends.shift() ?? ends[0]!)());
  const wrapped = traceResponder(named, responder, tracing.tracer, metered.meter);
  await wrapped.respond(step, attempt);
  await wrapped.revert?.(step, attempt);
  const attributes = {
    ...{ 'alerts.responder': 'front door', 'alerts.responder.kind': 'lock-account', 'alerts.response.attempt': 2 },
  };
  expect(tracing.spans()).toMatchObject([
    { name: 'alerts.respond', attributes: { ...attributes, 'alerts.response.outcome': 'done' }, ended: true },
    { name: 'alerts.revert', attributes: { ...attributes, 'error.type': 'refused' }, ended: true },
  ]);
  const metrics = await metered.collect();
  const labels = { responder: 'front door', kind: 'lock-account' };
  expect(metrics.get('alerts.response.attempts')).toEqual([
    { attributes: { ...labels, act: 'respond', outcome: 'done', reason: 'none' }, value: 1 },
    { attributes: { ...labels, act: 'revert', outcome: 'reject', reason: 'refused' }, value: 1 },
  ]);
  const told = JSON.stringify([
    tracing.spans().map(({ name, attributes: all, status, events }) => ({ name, all, status, events })),
    [...metrics],
  ]);
  expect(told).not.toContain('planted');
});

test('a defect is thrown on, and its span says so', async () => {
  const wrapped = traceResponder(
    named,
    responderOf(async () => Promise.reject(new Error('planted'))),
    tracing.tracer,
    metered.meter,
  );
  await expect(wrapped.respond(step, attempt)).rejects.toThrow('planted');
  expect(tracing.spans()).toMatchObject([{ attributes: { 'error.type': 'DEFECT' }, ended: true }]);
});

test('what cannot take back does not seem to, and nothing is wrapped for nobody', () => {
  const { revert: _, ...without } = responderOf(async () => done);
  expect(traceResponder(named, without, tracing.tracer, metered.meter).revert).toBeUndefined();
  expect(traceResponder(named, without, trace.getTracer('none'), createNoopMeter())).toBe(without);
});
