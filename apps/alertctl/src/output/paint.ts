import { styleText } from 'node:util';
import { AlertSeverity } from '@therapytrain/alerts-core';

/** How a piece of output may look. */
export type Style = Parameters<typeof styleText>[0];

/** Gives a safe text its colour, or leaves it as it is where colours are off. */
export type Paint = (style: Style, text: string) => string;

/** The paint for one output. Whether colours are on is decided once, by who knows the terminal. */
export const createPaint = (colours: boolean): Paint =>
  colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;

const severityStyles: Readonly<Record<AlertSeverity, Style>> = {
  [AlertSeverity.LOW]: 'cyan',
  [AlertSeverity.MEDIUM]: 'yellow',
  [AlertSeverity.HIGH]: 'red',
  [AlertSeverity.CRITICAL]: ['bold', 'inverse', 'red'],
};

/** The colour of a severity; the name always stands beside it, so nothing is said by colour alone. */
export const severityStyle = (severity: AlertSeverity): Style => severityStyles[severity];
