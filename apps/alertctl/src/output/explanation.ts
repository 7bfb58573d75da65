import { type Explanation, type ExplanationStep } from '@therapytrain/alerts-client';
import { aligned } from './alerts.ts';
import { type Paint, type Style } from './paint.ts';
import { safeLine } from './safe-text.ts';

const marks: Readonly<Record<ExplanationStep['verdict'], readonly [mark: string, style: Style]>> = {
  yes: ['✓', 'green'],
  no: ['✗', 'red'],
  info: ['·', 'dim'],
};

const branchLines = (steps: readonly ExplanationStep[], indent: string, paint: Paint): readonly string[] =>
  steps.flatMap(({ name, verdict, detail, steps: within }, at) => {
    const isLast = at === steps.length - 1;
    const [mark, style] = marks[verdict];
    const said = detail === '' ? '' : `  ${safeLine(detail)}`;
    return [
      `${paint('dim', `${indent}${isLast ? '└─' : '├─'}`)} ${paint(style, mark)} ${paint('bold', safeLine(name))}${said}`,
      ...branchLines(within, `${indent}${isLast ? '   ' : '│  '}`, paint),
    ];
  });

/** An explanation as a tree, one step a line. Lines are as long as they are: what is cut off explains nothing. */
export const explanationLines = (
  { alertId, policy, incident, steps }: Explanation,
  paint: Paint,
): readonly string[] => [
  ...aligned(
    [
      ['Alert', alertId === '' ? 'not reported: what would be' : safeLine(alertId)],
      ['Incident', incident === '' ? 'none' : safeLine(incident)],
      ['Policy', safeLine(policy)],
    ],
    paint,
  ),
  ...branchLines(steps, '', paint),
];
