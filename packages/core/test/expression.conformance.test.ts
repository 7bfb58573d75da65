import { isCelError } from '@bufbuild/cel';
import {
  getConformanceSuite,
  type IncrementalTest,
  type IncrementalTestSuite,
} from '@bufbuild/cel-spec/testdata/tests.js';
import { describe, expect, test } from '@jest/globals';
import { typeOf } from '../src/expression/check.ts';
import { expressionEngine } from '../src/expression/engine.ts';
import { limitLoops } from '../src/expression/loops.ts';
import { compilePatterns } from '../src/expression/patterns.ts';
import { readSource } from '../src/expression/source.ts';

const FILES = ['basic', 'comparisons', 'conversions', 'fields', 'fp_math', 'integer_math', 'lists', 'logic', 'macros'];
const MORE = ['parse', 'string', 'timestamps'];

/** Where we differ from the specification, and know it. */
const KNOWN = new Set(['map_value_repeat_key_heterogeneous']);

const testsOf = (suite: IncrementalTestSuite): IncrementalTest[] => [...suite.tests, ...suite.suites.flatMap(testsOf)];

/** Ours have no containers, no messages and no variables but the facts of an alert. */
const applies = ({ name, original: { expr, container, typeEnv, bindings, disableMacros } }: IncrementalTest): boolean =>
  !container &&
  !typeEnv.length &&
  !Object.keys(bindings).length &&
  !disableMacros &&
  !/TestAll|google\.proto/.test(expr) &&
  !KNOWN.has(name);

function outcome(source: string): unknown {
  const tree = readSource(source);
  const engine = expressionEngine();
  typeOf(tree, engine.functions);
  const result = engine.plan(limitLoops(tree), compilePatterns(tree))(Object.create(null));
  return isCelError(result) ? 'an error' : result;
}

function outcomeOrRefusal(source: string): unknown {
  try {
    return outcome(source);
  } catch {
    return 'an error';
  }
}

describe.each([...FILES, ...MORE])('the conformance cases of CEL, %s', (file) => {
  const suite = getConformanceSuite().suites.find(({ name }) => name === file);
  const cases = suite ? testsOf(suite).filter(applies) : [];

  test('are found', () => expect(cases.length).toBeGreaterThan(20));

  test("give what they must, or are refused by cel-go's checker too", () => {
    for (const { original, type } of cases) {
      const { resultMatcher: wanted, expr } = original;
      const got = outcomeOrRefusal(expr);
      if (wanted.case === 'evalError' || wanted.case === 'anyEvalErrors')
        expect({ expr, got }).toEqual({ expr, got: 'an error' });
      else if (got === 'an error') expect({ expr, type }).toEqual({ expr, type: undefined });
      else if (wanted.case === 'value' && wanted.value.kind.case === 'boolValue') {
        expect({ expr, got }).toEqual({ expr, got: wanted.value.kind.value });
      }
    }
  });
});
