import { expect, test } from '@jest/globals';
import { AlertError, fieldError } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { loggableError } from '../src/logs/loggable-error.ts';

const secret = 'patient-4711';

test('an AlertError is logged with code, message and frames', () => {
  const logged = loggableError(new AlertError('DISK_FULL', 'there is no space left on the disk of the log'));
  expect(logged).toMatchObject({
    name: 'AlertError',
    code: 'DISK_FULL',
    message: 'there is no space left on the disk of the log',
  });
  expect(logged.frames?.[0]).toContain('loggable-error.test.ts');
});

test('of an error for fields, the rules are logged and no key of the reporter', () => {
  const error = fieldError([{ field: `metadata.${secret}`, rule: 'is not a finite number' }]);
  expect(error.message).toContain(secret);
  const logged = loggableError(error);
  expect(logged).toMatchObject({ code: 'FIELD_INVALID', violations: ['metadata: is not a finite number'] });
  expect(JSON.stringify(logged)).not.toContain(secret);
});

test('of a foreign error, name, code and frames are logged and never the message', () => {
  const error = Object.assign(new TypeError(`cannot parse ${secret}`), { code: 'ERR_INVALID_ARG' });
  const logged = loggableError(error);
  expect(logged).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG' });
  expect(logged.frames?.[0]).toContain('loggable-error.test.ts');
  expect(logged).not.toHaveProperty('message');
});

test('causes are logged by the same rules, and not without end', () => {
  const inner = new Error(secret);
  const logged = loggableError(new AlertError('STORE_UNAVAILABLE', 'the log failed', { cause: inner }));
  expect(logged.cause).toMatchObject({ name: 'Error' });
  inner.cause = inner;
  expect(JSON.stringify(loggableError(inner)).match(/"cause"/g)).toHaveLength(3);
});

// Each plants the secret at a place that a plain serialiser would write out.
const traps: [string, unknown][] = [
  ['a message that looks like a frame', new Error(`x\n    at ${secret} (file:///x.js:1:1)`)],
  [
    'a message that was emptied afterwards',
    Object.assign(new Error(`x\n    at ${secret} (file:///x.js:1:1)`), { message: '' }),
  ],
  ['a message that was changed afterwards', Object.assign(new Error(`x\n    at ${secret}`), { message: 'y' })],
  [
    'a message that stands later in the stack',
    Object.assign(new Error(`x\n    at ${secret}\n    at z`), { message: 'at z' }),
  ],
  ['a name', Object.assign(new Error('x'), { name: `no ${secret}` })],
  ['a code', Object.assign(new Error('x'), { code: secret })],
  ['own properties', Object.assign(new Error('x'), { config: { token: secret }, response: secret })],
  ['a stack of its own', Object.assign(new Error('x'), { stack: secret })],
  [
    'a getter that throws',
    Object.defineProperty(new Error('x'), 'code', {
      get: () => {
        throw new Error(secret);
      },
    }),
  ],
  ['a cause that is a text', new AlertError('DISK_FULL', 'no space', { cause: secret })],
  ['a cause with the secret in its message', new Error('x', { cause: new Error(secret) })],
  ['facts', new AlertError('DISK_FULL', 'no space', { facts: { secret } })],
  ['an aggregate', new AggregateError([new Error(secret)], secret)],
  ['a text', secret],
  ['an object', { secret, message: secret, stack: `Error: ${secret}\n    at x` }],
  ['null', null],
];

test.each(traps)('nothing is logged of a secret in %s', (_, thrown) => {
  expect(JSON.stringify(loggableError(thrown))).not.toContain(secret);
});

test('whatever the message of a foreign error is, no line of it is logged', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(`    at ${secret} (file:///x.js:1:1)`, 'Error: ', '\n', secret));
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, mutate) => {
      const error = new Error([...lines, secret].join('\n'));
      if (mutate) error.message = lines.join('\n');
      expect(JSON.stringify(loggableError(error))).not.toContain(secret);
    }),
  );
});
