import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const names = new Set(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
const ordering = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

// A severity's name, as text or as what a function of ours makes of a number.
const isName = (node: ts.Expression): boolean =>
  (ts.isStringLiteralLike(node) && names.has(node.text.toUpperCase())) ||
  (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'severityName');

const comparesNames = (node: ts.Node): boolean => {
  if (ts.isBinaryExpression(node) && ordering.has(node.operatorToken.kind)) {
    return isName(node.left) || isName(node.right);
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression } = node.expression;
  return name.text === 'localeCompare' && [expression, ...node.arguments].some(isName);
};

// What does not hold a name cannot compare one, and need not be parsed.
const mayCompare = /['"`](?:LOW|MEDIUM|HIGH|CRITICAL)|severityName/i;

/** Where a source orders severities by their names, as path and line. */
const breaches = (path: string, source: string): readonly string[] => {
  if (!mayCompare.test(source)) return [];
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (comparesNames(node)) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

describe('no source orders severities by their names', () => {
  test.each([
    "severity >= 'HIGH'",
    "'CRITICAL' > each.severity",
    'severityName(one) < severityName(other)',
    "'high'.localeCompare(name)",
    'severityName(one).localeCompare(name)',
  ])('the guard sees: %s', (code) => {
    expect(breaches('x.ts', `const wrong = ${code};`)).toHaveLength(1);
  });

  test.each(["severity === 'HIGH'", 'severity >= AlertSeverity.HIGH', 'one.severity - other.severity'])(
    'the guard lets pass: %s',
    (code) => expect(breaches('x.ts', `const right = ${code};`)).toEqual([]),
  );

  test('packages and apps', () => {
    const sources = globSync(['packages/**/src/**/*.ts', 'apps/**/src/**/*.{ts,tsx}'], {
      cwd: root,
      exclude: (name) => /(?:^|\/)(?:node_modules|dist|gen)$/.test(String(name)),
    });
    expect(sources.length).toBeGreaterThan(30);
    expect(sources.flatMap((path) => breaches(path, readFileSync(`${root}/${path}`, 'utf8')))).toEqual([]);
  });
});
