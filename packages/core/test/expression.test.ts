import { describe, expect, test } from '@jest/globals';
import { type AlertFacts, compileExpression, demandsOf, ExpressionError, firstUnmet } from '../src/expression.ts';
import { NAMES } from '../src/expression/types.ts';

const facts = (changes: Partial<AlertFacts> = {}): AlertFacts => ({
  type: 'AUTH_FAILURE',
  severity: 3,
  message: 'Failed password for root from 10.0.0.7',
  source: 'auth-service',
  metadata: { userId: 'user123', count: 7, ratio: 1.5, tags: ['pci', 'prod'], ports: [22, 80] },
  fingerprint: 'f1',
  dedupKey: 'd1',
  occurredAt: Date.UTC(2026, 10, 24, 6, 30, 15, 250),
  receivedAt: Date.UTC(2026, 10, 24, 6, 31),
  ...changes,
});

const matches = (source: string, changes?: Partial<AlertFacts>): boolean =>
  compileExpression(source).matches(facts(changes));
const withMetadata = (source: string, metadata: Record<string, unknown>): boolean => matches(source, { metadata });

function refusal(source: string): ExpressionError {
  try {
    compileExpression(source);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`was accepted: ${source}`);
}

/** Milliseconds of processor time of the fastest of three evaluations; the first ones pay for compilation. */
function fastest(source: string, given: () => AlertFacts): number {
  const expression = compileExpression(source);
  const times = [1, 2, 3].map(() => {
    const alert = given();
    const start = process.cpuUsage();
    expression.matches(alert);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

describe('an expression speaks of one alert', () => {
  test.each([
    ['severity >= HIGH && type == "AUTH_FAILURE" && metadata.userId == "user123"', true],
    ['severity > HIGH', false],
    ['severity in [HIGH, CRITICAL]', true],
    ['LOW < MEDIUM && MEDIUM < HIGH && HIGH < CRITICAL', true],
    ['source == "auth-service" && fingerprint == "f1" && dedup_key == "d1"', true],
    ['message.startsWith("Failed") && message.contains("root") && message.endsWith(".7")', true],
    ['message.lowerAscii().contains("failed password")', true],
    ['"pci" in metadata.tags', true],
    ['metadata.tags.exists(tag, tag.startsWith("pro"))', true],
    ['metadata.all(key, key != "ssn")', true],
    ['metadata.ports.filter(port, port > 50).map(port, port + 1) == [81]', true],
    ['metadata.ports.exists_one(port, port == 22)', true],
    ['has(metadata.userId) ? metadata.userId != "" : false', true],
    ['type(metadata.count) == double && type(type) == string', true],
    ['received_at - occurred_at < duration("1m")', true],
    ['occurred_at > timestamp("2026-11-24T06:30:15.249Z")', true],
    ["size(message) == 38 && 'né🙂'.size() == 3", true],
    ["{'a': 1, 'b': metadata.count}.b == 7 && {1: true}[1] && [1u, 2u][0] == 1u", true],
    ["b'\\xff'.size() == 1 && bytes(type) != b'' && {}.size() == 0 && metadata.userId != null", true],
    ["metadata.tags + ['x'] == ['pci', 'prod', 'x'] && metadata.tags in [metadata.tags]", true],
    ["{'a': metadata.tags} == {'a': ['pci', 'prod']} && 'a' in {'a': 1}", true],
    ['type.upperAscii() == type && " a ".contains("a")', true],
    ['// first\n// second\nseverity == HIGH // last', true],
  ])('%s', (source, expected) => expect(matches(source)).toBe(expected));

  test('keeps its source', () => expect(compileExpression(' severity == LOW').source).toBe(' severity == LOW'));

  test.each([...NAMES.keys()])('%s has a value', (name) => expect(matches(`dyn(${name}) != null`)).toBe(true));
});

describe('numbers in metadata compare and count as people expect', () => {
  test.each([
    ['metadata.count > 5', true],
    ['metadata.count == 7', true],
    ['metadata.count == 7.0', true],
    ['metadata.count in [6, 7]', true],
    ['metadata.ports == [22, 80]', true],
    ['metadata.count + 1 > 7', true],
    ['2 * metadata.count == 14', true],
    ['metadata.count / 2 == 3.5', true],
    ['metadata.count % 2 == 1', true],
    ['metadata.ratio > 1', true],
    ['metadata.ports[0] == 22', true],
    ['int(metadata.ratio) == 1', true],
    ['7 / 2 == 3', true],
    ['severity > 2.5 && severity == 3.0', true],
    ['metadata.count == "7"', false],
    ['metadata.count > "5"', false],
  ])('%s', (source, expected) => expect(matches(source)).toBe(expected));
});

describe('what errs does not match', () => {
  test.each([
    ['metadata.missing == 1', false],
    ['!(metadata.missing == 1)', false],
    ['metadata.missing == 1 || severity == HIGH', true],
    ['metadata.missing == 1 && severity == LOW', false],
    ['has(metadata.missing)', false],
    ['!has(metadata.missing)', true],
    ['metadata.userId.deeper == 1', false],
    ['metadata.ports[9] == 1', false],
    ['1 / (severity - 3) == 1', false],
    ['9223372036854775807 + severity > 0', false],
    ['occurred_at.getHours("Nowhere/Land") >= 0', false],
    ['metadata.userId && true', false],
  ])('%s', (source, expected) => expect(matches(source)).toBe(expected));

  test.each<[string, string, Partial<AlertFacts>]>([
    ['severity == 2', 'a broken severity', { severity: 2.5 }],
    ['severity != 2', 'no severity', { severity: Number.NaN }],
    ["message != ''", 'no message', { message: undefined as unknown as string }],
    ['has(metadata.a)', 'no metadata', { metadata: null as unknown as Record<string, unknown> }],
    ['occurred_at.getHours() >= 0', 'no time', { occurredAt: Number.NaN }],
    ['metadata.a != 1', 'a date in metadata', { metadata: { a: new Date(0) } }],
    ['metadata.a != 1', 'a function in metadata', { metadata: { a: () => 1 } }],
    ['metadata.a != 1', 'a symbol in metadata', { metadata: { a: Symbol('a') } }],
    ['metadata.a.b == 1', 'a map in metadata', { metadata: { a: new Map([['b', 1]]) } }],
  ])('%s is false for %s', (source, _what, changes) => expect(matches(source, changes)).toBe(false));

  test('what is broken and not asked for does no harm', () => {
    expect(matches('severity == HIGH', { occurredAt: Number.NaN, metadata: { a: new Date(0) } })).toBe(true);
    expect(matches('metadata.b == 1', { metadata: { a: new Date(0), b: 1 } })).toBe(true);
  });
});

describe('only what the alert itself holds is there', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is an absent key', (key) => {
    expect(matches(`has(metadata.${key}) || "${key}" in metadata || metadata.${key} != 1`)).toBe(false);
    expect(matches(`metadata["${key}"] == null || metadata["${key}"] != null`)).toBe(false);
  });

  test('own keys of those names are plain keys, at any depth and without a prototype', () => {
    const own = JSON.parse('{ "__proto__": "a", "constructor": "b", "in": { "constructor": 1 } }') as Record<
      string,
      unknown
    >;
    expect(withMetadata('metadata.__proto__ == "a" && metadata.constructor == "b" && size(metadata) == 3', own)).toBe(
      true,
    );
    expect(withMetadata('metadata["in"].constructor == 1', own)).toBe(true);
    expect(withMetadata('metadata.a.b == 1', Object.assign(Object.create(null), { a: Object.create(null, {}) }))).toBe(
      false,
    );
    expect(withMetadata('metadata.a == 1', Object.assign(Object.create(null) as object, { a: 1 }))).toBe(true);
    expect(withMetadata('metadata.a.b == 1', structuredClone({ a: { b: 1 } }))).toBe(true);
  });

  test('null is a value, undefined is none', () => {
    const metadata = { nothing: null, absent: undefined };
    expect(withMetadata('has(metadata.nothing) && "nothing" in metadata && metadata.nothing == null', metadata)).toBe(
      true,
    );
    expect(withMetadata('has(metadata.absent) || "absent" in metadata || size(metadata) != 1', metadata)).toBe(false);
  });

  test("no name of JavaScript's is known", () => {
    for (const source of [
      'constructor == 1',
      '__proto__ == 1',
      'toString == 1',
      'constructor(1) == 1',
      "severity.toString() == ''",
    ]) {
      refusal(source);
    }
  });
});

describe('time', () => {
  test.each([
    ['occurred_at.getFullYear() == 2026 && occurred_at.getMonth() == 10 && occurred_at.getDate() == 24', true],
    ['occurred_at.getDayOfMonth() == 23 && occurred_at.getDayOfWeek() == 2 && occurred_at.getDayOfYear() == 327', true],
    ['occurred_at.getHours() == 6 && occurred_at.getMinutes() == 30 && occurred_at.getSeconds() == 15', true],
    ['occurred_at.getMilliseconds() == 250', true],
    ['occurred_at.getHours("Europe/Madrid") == 7 && occurred_at.getHours("+02:00") == 8', true],
    ['occurred_at.getHours("America/New_York") == 1 && occurred_at.getMinutes("Asia/Kolkata") == 0', true],
    ['occurred_at.getDate("-07:00") == 23', true],
  ])('%s', (source, expected) => expect(matches(source)).toBe(expected));

  test('is the same in any process time zone, also where its summer time begins', () => {
    for (let hour = 0; hour < 24; hour += 1) {
      expect(matches(`occurred_at.getHours() == ${hour}`, { occurredAt: Date.UTC(2026, 2, 8, hour, 30) })).toBe(true);
    }
  });
});

describe('a source that is refused says where', () => {
  test.each([
    ['', 1, 1, /empty/],
    [' \n\t', 1, 1, /empty/],
    ['severty > 1', 1, 1, /unknown name "severty"; known are type, severity/],
    ["severity >= 1 &&\n  mesage == ''", 2, 3, /unknown name "mesage"/],
    ['type == 3', 1, 5, /"==" cannot be applied to string and int/],
    ['severity == "HIGH"', 1, 9, /int and string/],
    ['message == null', 1, 8, /string and null_type/],
    ['message + 1 == ""', 1, 8, /"\+" cannot be applied/],
    ['5 in ["a"]', 1, 2, /"in" cannot be applied to int and list\(string\)/],
    ['5 in metadata', 1, 2, /int and map\(string, dyn\)/],
    ['true && severity', 1, 9, /a bool is needed/],
    ['severity', 1, 1, /must yield a bool, this one yields int/],
    ['metadata.flag', 1, 9, /yields dyn; compare it, as in metadata\.flag == true/],
    ['severity.level == 1', 1, 9, /int has no field "level"/],
    ['message.contains(1)', 1, 8, /contains\(int\) cannot be called on string/],
    ['message.shout()', 1, 8, /unknown function "shout"/],
    ['has(severity)', 1, 1, /has\(\) asks for a field/],
    ['severity.exists(x, true)', 1, 9, /cannot go through int/],
    ['99999999999999999999 > severity', 1, 1, /does not fit into an int/],
    ['99999999999999999999u > 1u', 1, 1, /does not fit into a uint/],
    ['{1.5: true}[1.5]', 1, 1, /double cannot be a key/],
    ["google.protobuf.Duration{} == duration('1s')", 1, 1, /cannot be made here/],
    ['severity ==', 1, 10, /cannot be read from "=" on/],
    ['true)', 1, 5, /closes nothing/],
    ['(true', 1, 1, /never closed/],
    ["type == 'x", 1, 9, /string is never closed/],
    ['true\n  && if', 2, 6, /reserved identifier/],
    ['@tick()', 1, 1, /cannot be read/],
  ])('%j', (source, line, column, message) => {
    const error = refusal(source);
    expect(error).toMatchObject({ name: 'ExpressionError', line, column });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`line ${line}, column ${column}`);
  });
});

describe('a source is bounded', () => {
  test.each([
    ['bytes', `message == "${'é'.repeat(2048)}"`, /at most 4096 bytes/],
    ['brackets', `${'('.repeat(33)}true${')'.repeat(33)}`, /nested deeper than 32/],
    ['conditionals', `${'true ? true : '.repeat(33)}true`, /nested deeper than 32/],
    ['parts', `severity in [${'1,'.repeat(1200)}1]`, /at most 1024 parts/],
    ['operators in a chain', `${'1+'.repeat(120)}1 > 0`, /at most 96 parts deep/],
    ['selections in a chain', `metadata${'.a'.repeat(120)} == 1`, /at most 96 parts deep/],
    ['loops in loops', 'metadata.all(a, metadata.all(b, metadata.all(c, true)))', /loops may take \d+ steps/],
    ['loops in loops over lists', 'metadata.a.all(a, metadata.b.all(b, true))', /loops may take/],
  ])('in %s', (_what, source, message) => expect(refusal(source).message).toMatch(message));

  test('what a string or a comment holds opens nothing', () => {
    expect(matches(`message != '${'('.repeat(100)}' // ${'['.repeat(100)}`)).toBe(true);
    expect(matches(`message != r'\\' && message != """ " ' ( """`)).toBe(true);
  });

  test('ordinary loops are let through', () => {
    for (const source of [
      "metadata.tags.map(t, t + 'x').filter(t, t.size() > 2).exists(t, t == 'pcix')",
      "['10.', '192.168.', '172.16.'].exists(net, metadata.tags.exists(tag, tag.startsWith(net)))",
      'metadata.exists(a, metadata.exists(b, a == b))',
    ]) {
      compileExpression(source);
    }
  });

  test('random text is refused, never a defect', () => {
    const alphabet = [
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '?',
      ':',
      '.',
      ',',
      "'",
      '"',
      '\\',
      "r'",
      '//',
      '\n',
      ' ',
      '!',
      '-',
      '&&',
      '||',
      '==',
      'in',
      'a',
      'type',
      'severity',
      'metadata',
      'has(',
      '.all(x,',
      '1',
      '1.5',
      '2u',
      "b'x'",
      'é',
      '🙂',
      '@',
      '`',
      '\u0000',
    ];
    let state = 20261124;
    const next = (below: number) => (state = (state * 1103515245 + 12345) % 2147483648) % below;
    for (let round = 0; round < 3000; round += 1) {
      const source = Array.from({ length: 1 + next(24) }, () => alphabet[next(alphabet.length)]).join('');
      try {
        compileExpression(source).matches(facts());
      } catch (error) {
        expect({ source, error }).toEqual({ source, error: expect.any(ExpressionError) });
      }
    }
  });
});

describe('patterns', () => {
  test.each([
    ['message.matches("^Failed .* from [0-9.]+$")', true],
    ['message.matches("(?i)FAILED (login|password)")', true],
    ['message.matches("root$")', false],
    ['message.matches("")', true],
    ['message.matches(r"\\d+\\.\\d+") && !message.matches("^from")', true],
    ['metadata.tags.exists(tag, tag.matches("^p.i$"))', true],
    ['metadata.userId.matches("^user[0-9]{3}$")', true],
    ['metadata.count.matches("7")', false],
  ])('%s', (source, expected) => expect(matches(source)).toBe(expected));

  test.each([
    ['message.matches("[")', 1, 17, /not a pattern in RE2 syntax/],
    ['message.matches("(?=a)")', 1, 17, /not a pattern in RE2 syntax/],
    ['message.matches(metadata.pattern)', 1, 25, /must be a string in the expression itself/],
    [`message.matches("${'a'.repeat(1025)}")`, 1, 17, /at most 1024 bytes/],
    ['message.matches("(a{30}){30}")', 1, 17, /more than 96 steps/],
    ['metadata.exists(key, string(metadata[key]).matches("a{20}"))', 1, 52, /those in a loop count several times/],
    ['message.matches(1)', 1, 8, /matches\(int\) cannot be called on string/],
    ['matches(message, "a")', 1, 1, /matches\(string, string\) cannot be called without a receiver/],
  ])('%s is refused', (source, line, column, message) => {
    const error = refusal(source);
    expect(error).toMatchObject({ line, column });
    expect(error.message).toMatch(message);
  });

  test('each expression has its own', () => {
    const [a, b] = [compileExpression('message.matches("root")'), compileExpression('message.matches("toor")')];
    for (let i = 0; i < 3; i += 1) expect([a.matches(facts()), b.matches(facts())]).toEqual([true, false]);
  });
});

describe('no alert keeps an expression long', () => {
  const text = Array.from({ length: 8192 }, (_, i) => 'ab'[(Math.imul(i, 2654435761) >>> 13) & 1]).join('');
  const crowd = () => ({
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`key${i}`, i % 2 ? text.slice(0, 1024) : Array(511).fill(1)]),
    ),
    list: Array.from({ length: 511 }, () => 1),
    twin: Array.from({ length: 511 }, () => 1),
    deep: Array.from({ length: 60 }, () => ({ a: [{ b: 1 }] })),
    words: Array<string>(250).fill('ab'),
  });
  const large = () => facts({ message: text, metadata: crowd() });
  const often = (source: string, by: string) =>
    Array.from({ length: Math.floor(4000 / (source.length + 4)) }, () => source).join(by);

  // The aim is 10 ms; the bound leaves room for a busy machine, and without limits these take from 0.2 s to hours.
  test.each([
    ['backtracking', 'message.matches("(a+)+$")'],
    ['many states', 'message.matches("(a|b)*a(a|b){25}[cd]")'],
    ['long counting', String.raw`message.matches("\\b(a|b|\\w)*a.{50}[0-9]\\b")`],
    ['comparing lists', often('metadata.list != metadata.twin', ' || ')],
    ['comparing trees', often('metadata.deep != metadata.deep', ' || ')],
    ['looking in lists', often('2 in metadata.list', ' || ')],
    [
      'adding lists',
      `size(${often('metadata.list', '+')
        .slice(0, 1200)
        .replace(/\+\w*\.?\w*$/, '')}) < 0`,
    ],
    ['counting characters', often('message.size() < 0', ' || ')],
    ['searching text', 'metadata.words.exists(word, message.contains(word + "x"))'],
    ['rewriting text', often('message.lowerAscii() == ""', ' || ')],
    ['loops in loops', "metadata.exists(a, metadata.exists(b, a == 'x'))"],
    ['making lists', "metadata.list.map(x, message).exists(m, (m + m + m).contains('zz'))"],
  ])('%s', (_what, source) => expect(fastest(source, large)).toBeLessThan(100));
});

describe('the first condition that is not met', () => {
  const unmet = (source: string): string | undefined => firstUnmet(compileExpression(source), facts());

  test.each([
    ["type == 'AUTH_FAILURE' && severity >= CRITICAL && source == 'x'", 'severity >= CRITICAL'],
    ["severity >= HIGH && (source == 'auth-service' && metadata.count > 10)", 'metadata.count > 10'],
    ["severity >= CRITICAL || source == 'x'", "severity >= CRITICAL || source == 'x'"],
    ["severity >= HIGH && (type == 'A' || type == 'B')", "type == 'A' || type == 'B'"],
    ["source == 'a && b' && severity >= HIGH", "source == 'a && b'"],
    ['severity >= HIGH && metadata.missing == 1', 'metadata.missing == 1'],
    ["severity >= HIGH ? source == 'x' && true : true", "severity >= HIGH ? source == 'x' && true : true"],
    ["(severity >= HIGH) && (source == 'x')", "source == 'x'"],
    ["!(severity >= HIGH && source == 'auth-service')", "!(severity >= HIGH && source == 'auth-service')"],
    [
      "metadata.tags.exists(t, t == 'a' && t == 'b') && severity >= HIGH",
      "metadata.tags.exists(t, t == 'a' && t == 'b')",
    ],
  ])('of %s is %s', (source, part) => expect(unmet(source)).toBe(part));

  test('is none where all are', () => expect(unmet('severity >= HIGH && metadata.count == 7')).toBeUndefined());
});

describe('what an expression demands', () => {
  const demands = (source: string) =>
    demandsOf(compileExpression(source)).map(
      ({ condition, names, compares }) => [condition.source.trim(), [...names].sort().join(' '), compares] as const,
    );

  test.each<[string, (readonly [string, string, boolean])[]]>([
    [
      "type == 'A' && (severity >= HIGH && metadata.count > 10)",
      [
        ["type == 'A'", 'type', false],
        ['severity >= HIGH', 'HIGH severity', true],
        ['metadata.count > 10', 'metadata', true],
      ],
    ],
    ["type == 'A' || source == 'x'", [["type == 'A' || source == 'x'", 'source type', false]]],
    ["type == 'metadata > 1'", [["type == 'metadata > 1'", 'type', false]]],
    ["metadata.flag && type == 'A'", [["type == 'A'", 'type', false]]],
    ['true', [['true', '', false]]],
  ])('%s', (source, expected) => expect(demands(source)).toEqual(expected));
});
