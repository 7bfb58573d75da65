import { type CelEnv, type CelResult, celEnv, type CelValue, isCelList, isCelMap, plan } from '@bufbuild/cel';
import type { Functions } from './check.ts';
import type { FactsView } from './facts.ts';
import { ownFunctions } from './functions.ts';
import { MAX_PATTERN_SIZE, type Pattern } from './patterns.ts';
import type { Expr } from './source.ts';

/** Calls in one evaluation, each weighed by the data it reads: some 10 ms at the most. */
const MAX_STEPS = 60_000;
/** Characters matched in one evaluation, each weighed by the size of its pattern: what `compilePatterns` lets through. */
const MAX_MATCHING = MAX_PATTERN_SIZE * 8192;

/** The part of the CEL library that we use, made ready for our expressions. */
export interface Engine {
  /** Every function an expression may call, with its overloads. */
  readonly functions: Functions;
  /** Makes an expression ready to run. What it returns never throws; anything but true and false is an error. */
  plan(root: Expr, patterns: ReadonlyMap<string, Pattern>): (facts: FactsView) => CelResult;
}

/** What an evaluation may still spend and the patterns it may use. Evaluation is synchronous, so there is one at a time. */
interface Run {
  steps: number;
  matching: number;
  patterns: ReadonlyMap<string, Pattern>;
}

let engine: Engine | undefined;

/** The one engine, made at its first use. */
export const expressionEngine = (): Engine => (engine ??= createEngine());

function createEngine(): Engine {
  const run: Run = { steps: 0, matching: 0, patterns: new Map() };
  const env = metered(celEnv({ funcs: ownFunctions((text) => run.patterns.get(text)) }), run);
  return {
    functions: env.funcs,
    plan(root, patterns) {
      const evaluate = plan(env, root);
      return (facts) => {
        run.steps = MAX_STEPS;
        run.matching = MAX_MATCHING;
        run.patterns = patterns;
        return evaluate(facts);
      };
    },
  };
}

/** The same environment, in which every call is paid for before it is made. */
function metered(env: CelEnv, run: Run): CelEnv {
  const { funcs, namespace, registry, variables } = env;
  const find: Functions['find'] = (name) => {
    const group = funcs.find(name);
    return group && { ...group, name, [Symbol.iterator]: () => group[Symbol.iterator](), call: paid(group, run) };
  };
  return {
    ...env,
    namespace,
    registry,
    variables,
    funcs: { ...funcs, [Symbol.iterator]: () => funcs[Symbol.iterator](), find },
  };
}

type Group = NonNullable<ReturnType<Functions['find']>>;

/**
 * A group whose calls are paid for. Running out throws past the engine's handling of errors, so that no
 * `||` and no loop carries on with an evaluation that has spent all it may.
 */
function paid(group: Group, run: Run): Group['call'] {
  const price = PRICES.get(group.name) ?? reading;
  return (id, target, args) => {
    run.steps -= 1 + price(run, target, args);
    if (run.steps < 0 || run.matching < 0) throw new Error('the expression takes too long on these facts');
    return group.call(id, target, args);
  };
}

type Price = (run: Run, target: CelValue | undefined, args: readonly CelValue[]) => number;

/** What is proportional to the size of what is read. */
const reading: Price = (_run, target, args) =>
  args.reduce<number>((sum, arg) => sum + size(arg), target === undefined ? 0 : size(target));

function size(value: CelValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length >> 8;
  if (isCelList(value)) return value.size >> 4;
  return 0;
}

const comparing: Price = (run, _target, [a, b]) => comparison(run, a, b);

const membership: Price = (run, _target, [item, owner]) => {
  if (!isCelList(owner)) return 0;
  if (!isCelList(item) && !isCelMap(item)) return owner.size * 2;
  let steps = 0;
  for (const held of owner) steps += 1 + comparison(run, held, item);
  return steps;
};

const joining: Price = (run, target, args) =>
  args.reduce<number>((sum, arg) => sum + (isCelList(arg) ? arg.size >> 3 : 0), reading(run, target, args));

const matching: Price = (run, target, [text]) => {
  run.matching -= String(target).length * (run.patterns.get(String(text))?.size ?? 0);
  return 0;
};

const rewriting: Price = (_run, target) => String(target).length >> 5;

const PRICES: ReadonlyMap<string, Price> = new Map([
  ['_==_', comparing],
  ['_!=_', comparing],
  ['@in', membership],
  ['_+_', joining],
  ['matches', matching],
  ['lowerAscii', rewriting],
  ['upperAscii', rewriting],
]);

/** How many parts are compared before two values are known to be equal. Stops counting where the evaluation must stop. */
function comparison(run: Run, a: CelValue | undefined, b: CelValue | undefined): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return a.length === b.length ? a.length >> 8 : 0;
  let steps = 0;
  if (isCelList(a) && isCelList(b) && a.size === b.size) {
    for (let i = 0; i < a.size && steps <= run.steps; i += 1) steps += 1 + comparison(run, a.get(i), b.get(i));
  }
  if (isCelMap(a) && isCelMap(b) && a.size === b.size) {
    for (const [key, value] of a) {
      steps += 1 + comparison(run, value, b.get(key));
      if (steps > run.steps) break;
    }
  }
  return steps;
}
