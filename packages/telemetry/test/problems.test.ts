import { expect, test } from '@jest/globals';
import { createProblems, diagLogger } from '../src/setup/problems.ts';

test.each([
  ['a warning', 'Unrecognized exporter', 'OpenTelemetry: Unrecognized exporter'],
  ['several lines', 'failed\n    at x (y.js:1:1)', 'OpenTelemetry: failed'],
  ['an error', JSON.stringify({ stack: 'S', message: 'refused', data: 'what it said' }), 'OpenTelemetry: refused'],
  ['an error without a message', '{"stack":"S"}', 'OpenTelemetry: an error without a message'],
  ['half an error', '{"stack":', 'OpenTelemetry: an error that cannot be read'],
  ['a long one', 'x'.repeat(1_000), `OpenTelemetry: ${'x'.repeat(200)}`],
])('%s of the SDK is told in a line', (_, said, told) => {
  const problems: string[] = [];
  const diag = diagLogger((problem) => problems.push(problem));
  diag.error(said);
  diag.warn(said);
  diag.info(said);
  diag.debug(said);
  diag.verbose(said);
  expect(problems).toEqual([told, told]);
});

test('the same problem is told once, another one at once, and what is remembered is bounded', () => {
  const problems: string[] = [];
  const tell = createProblems((problem) => problems.push(problem));
  for (let n = 0; n < 1_000; n++) tell('down');
  expect(problems).toEqual(['down']);
  for (let n = 0; n < 200; n++) tell(`problem ${n}`);
  expect(problems).toHaveLength(201);
  tell('down');
  expect(problems).toHaveLength(202);
});
