import { type CelEnv, type CelType, listType, mapType } from '@bufbuild/cel';
import { BOOL, BYTES, DOUBLE, DYN, INT, NAMES, NULL, STRING, TYPE, TYPE_NAMES, UINT } from './types.ts';
import { comparable, fits, isKey, join, say } from './types.ts';
import type { Expr, SyntaxTree } from './source.ts';

/** The engine's own overloads. The checker asks them, so it holds no second list of functions. */
export type Functions = CelEnv['funcs'];

type Kind<C> = Extract<Expr['exprKind'], { case: C }>['value'];
type Scope = ReadonlyMap<string, CelType>;

interface Check {
  readonly tree: SyntaxTree;
  readonly functions: Functions;
}

/**
 * Finds the type that an expression yields; throws an `ExpressionError` at the first part that could
 * never succeed. The engine has no checker of its own yet. What is `dyn` is trusted here, and an
 * error when it runs.
 */
export const typeOf = (tree: SyntaxTree, functions: Functions): CelType => infer(tree.root, NAMES, { tree, functions });

function infer(node: Expr, scope: Scope, check: Check): CelType {
  const kind = node.exprKind;
  switch (kind.case) {
    case 'constExpr':
      return constant(node, kind.value, check);
    case 'identExpr':
      return name(node, kind.value.name, scope, check);
    case 'selectExpr':
      return selection(node, kind.value, scope, check);
    case 'callExpr':
      return call(node, kind.value, scope, check);
    case 'listExpr':
      return listType(join(kind.value.elements.map((element) => infer(element, scope, check))));
    case 'structExpr':
      return mapLiteral(node, kind.value, scope, check);
    case 'comprehensionExpr':
      return loop(node, kind.value, scope, check);
    default:
      throw check.tree.error(node, 'not an expression');
  }
}

function constant(node: Expr, { constantKind: { case: kind, value } }: Kind<'constExpr'>, { tree }: Check): CelType {
  switch (kind) {
    case 'boolValue':
      return BOOL;
    case 'bytesValue':
      return BYTES;
    case 'doubleValue':
      return DOUBLE;
    case 'stringValue':
      return STRING;
    case 'nullValue':
      return NULL;
    case 'int64Value':
      if (BigInt.asIntN(64, value) === value) return INT;
      throw tree.error(node, 'this number does not fit into an int');
    case 'uint64Value':
      if (BigInt.asUintN(64, value) === value) return UINT;
      throw tree.error(node, 'this number does not fit into a uint');
    default:
      throw tree.error(node, 'not a constant');
  }
}

function name(node: Expr, text: string, scope: Scope, { tree }: Check): CelType {
  const known = scope.get(text);
  if (known) return known;
  if (TYPE_NAMES.has(text)) return TYPE;
  throw tree.error(node, `unknown name "${text}"; known are ${[...NAMES.keys()].join(', ')}`);
}

function selection(node: Expr, { operand, field, testOnly }: Kind<'selectExpr'>, scope: Scope, check: Check): CelType {
  const owner = operand ? infer(operand, scope, check) : DYN;
  const value = owner.kind === 'map' && fits(STRING, owner.key) ? owner.value : owner.name === 'dyn' ? DYN : undefined;
  if (!value) throw check.tree.error(node, `${say(owner)} has no field "${field}"`);
  return testOnly ? BOOL : value;
}

function mapLiteral(node: Expr, { entries, messageName }: Kind<'structExpr'>, scope: Scope, check: Check): CelType {
  if (messageName !== '') throw check.tree.error(node, `messages such as ${messageName} cannot be made here`);
  const keys: CelType[] = [];
  const values: CelType[] = [];
  for (const { keyKind, value } of entries) {
    if (keyKind.case === 'mapKey') keys.push(infer(keyKind.value, scope, check));
    if (value) values.push(infer(value, scope, check));
  }
  const key = join(keys);
  if (!isKey(key)) throw check.tree.error(node, `${say(key)} cannot be a key`);
  return mapType(key, join(values));
}

function loop(node: Expr, parts: Kind<'comprehensionExpr'>, scope: Scope, check: Check): CelType {
  const { iterRange, accuInit, loopCondition, loopStep, result } = parts;
  if (!iterRange || !accuInit || !loopCondition || !loopStep || !result) throw check.tree.error(node, 'not a loop');
  const range = infer(iterRange, scope, check);
  const item = heldBy(range);
  if (!item) throw check.tree.error(node, `cannot go through ${say(range)}, only through a list or a map`);
  const after = new Map(scope).set(parts.accuVar, infer(accuInit, scope, check));
  const inside = new Map(after).set(parts.iterVar, item);
  infer(loopCondition, inside, check);
  infer(loopStep, inside, check);
  return infer(result, after, check);
}

/** What a loop goes through and `in` looks among; undefined for what holds nothing. */
function heldBy(type: CelType): CelType | undefined {
  if (type.kind === 'list') return type.element;
  if (type.kind === 'map') return type.key;
  return type.name === 'dyn' ? DYN : undefined;
}

function call(node: Expr, { function: id, target, args }: Kind<'callExpr'>, scope: Scope, check: Check): CelType {
  const types = args.map((arg) => infer(arg, scope, check));
  const receiver = target && infer(target, scope, check);
  const special = receiver ? undefined : SPECIAL.get(id);
  const result = special ? special(types) : overload(id, receiver, types, check.functions);
  if (result) return result;
  const wrong = args[types.findIndex((type) => !fits(type, BOOL))];
  if (special === bools && wrong) throw check.tree.error(wrong, 'a bool is needed here');
  throw check.tree.error(node, complaint(id, receiver, types, check.functions));
}

/** Joins the results of every overload that these types may mean; undefined when there is none. */
function overload(id: string, receiver: CelType | undefined, types: readonly CelType[], functions: Functions) {
  const results: CelType[] = [];
  for (const candidate of functions.find(id) ?? []) {
    const asked = candidate.arguments;
    const suits = candidate.target && receiver ? fits(receiver, candidate.target) : !candidate.target && !receiver;
    if (!suits || asked.length !== types.length) continue;
    if (types.every((type, i) => fits(type, asked[i] ?? DYN))) results.push(candidate.result);
  }
  return results.length === 0 ? undefined : join(results);
}

type Rule = (types: readonly CelType[]) => CelType | undefined;

const bools: Rule = (types) => (types.every((type) => fits(type, BOOL)) ? BOOL : undefined);
const equality: Rule = ([a, b]) => (a && b && comparable(a, b) ? BOOL : undefined);

/** What the table of overloads cannot say: these depend on how their operands relate, or are no functions at all. */
const SPECIAL: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['_&&_', bools],
  ['_||_', bools],
  ['@not_strictly_false', bools],
  ['_==_', equality],
  ['_!=_', equality],
  ['_?_:_', ([condition, ...branches]) => (condition && fits(condition, BOOL) ? join(branches) : undefined)],
  [
    '@in',
    ([item, owner]) => {
      const held = owner && heldBy(owner);
      return item && held && comparable(item, held) ? BOOL : undefined;
    },
  ],
  [
    '_[_]',
    ([owner, key]) => {
      if (!owner || !key) return undefined;
      if (owner.kind === 'list') return comparable(key, INT) ? owner.element : undefined;
      if (owner.kind === 'map') return comparable(key, owner.key) ? owner.value : undefined;
      return owner.name === 'dyn' ? DYN : undefined;
    },
  ],
]);

function complaint(id: string, receiver: CelType | undefined, types: readonly CelType[], functions: Functions): string {
  const given = types.map(say);
  const operator = id.replaceAll('_', '').replace('@', '');
  if (/^\W+$|^in$/.test(operator)) return `"${operator}" cannot be applied to ${given.join(' and ')}`;
  if (id === 'has') return 'has() asks for a field, as in has(metadata.user)';
  if (!functions.find(id)) return `unknown function "${id}"`;
  return `${id}(${given.join(', ')}) cannot be called${receiver ? ` on ${say(receiver)}` : ' without a receiver'}`;
}
