import { expect, test } from '@jest/globals';
import { type MetricDefinition, metricDefinitions, prometheusName } from '../src/index.ts';

const all = Object.entries<MetricDefinition>(metricDefinitions);

test.each(all)('%s keeps the naming rules', (name, { kind, unit, description, attributes, buckets = [] }) => {
  expect(name).toMatch(/^(alerts|rpc|process)(\.[a-z]+)+$/);
  expect(name).not.toMatch(/total|count$/);
  expect(unit).toMatch(/^(s|By|\{[a-z]+\})$/);
  expect(description).toMatch(/^[A-Z].*\.$/);
  for (const attribute of Object.keys(attributes)) expect(attribute).toMatch(/^[a-z_]+(\.[a-z_]+)*$/);
  expect(buckets.length > 0).toBe(kind === 'histogram');
  expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
});

test('names on /metrics have their unit, and counters one _total', () => {
  const names = all.map(([name, definition]) => prometheusName(name, definition));
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      'alerts_reports_total',
      'alerts_append_duration_seconds',
      'alerts_append_batch',
      'alerts_log_size_bytes',
      'alerts_stream_subscribers',
      'alerts_eventloop_delay_seconds',
      'rpc_server_call_duration_seconds',
      'process_cpu_time_seconds_total',
    ]),
  );
  for (const name of names) expect(name).not.toMatch(/_total_total|_seconds_seconds|__/);
});
