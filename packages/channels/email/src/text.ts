import { severityName } from '@therapytrain/alerts-core';
import { type AlertContent, type Content, foot, type Row } from './content.ts';

/** Columns: what RFC 5322 §2.1.1 asks for, with room for a reply to quote it. */
const columns = 76;

const wrapped = (line: string, first: string, rest: string): string => {
  let out = first;
  let width = first.length;
  let empty = true;
  for (const word of line.split(' ')) {
    if (!empty && width + 1 + word.length > columns) {
      out += `\n${rest}${word}`;
      width = rest.length + word.length;
    } else {
      out += empty ? word : ` ${word}`;
      width += word.length + (empty ? 0 : 1);
    }
    empty = false;
  }
  return out.trimEnd();
};

// Every line that somebody else wrote is set in, so that none can pass for a line of ours or for a header.
const setIn = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => wrapped(line, by, by))
    .join('\n');

const table = (rows: readonly Row[], by: string): string => {
  const width = Math.min(24, Math.max(0, ...rows.map(({ label }) => label.length + 2)));
  return rows
    .map(({ label, value }) => wrapped(value, `${by}${`${label}:`.padEnd(width)}`, ' '.repeat(by.length + width)))
    .join('\n');
};

const alertText = ({ title, severity, origin, message, facts, withheld }: AlertContent, place: number): string =>
  [
    `${place + 1}. ${title} (${severityName(severity)})`,
    `   ${origin}`,
    message && setIn(message, '   | '),
    facts.length > 0 && table(facts, '   '),
    withheld && `   ${withheld}.`,
  ]
    .filter(Boolean)
    .join('\n');

/** The plain text of a mail: short lines, and every hostile one set in. Pure. */
export const textOf = ({ headline, event, rows, comment, alerts, more, link, runbook }: Content): string =>
  [
    headline,
    wrapped(event, '', '  '),
    table(rows, ''),
    comment && `Comment:\n${setIn(comment, '   | ')}`,
    ...alerts.map(alertText),
    more,
    runbook && `What to do: ${runbook}`,
    link && `Read on: ${link}`,
    `-- \n${wrapped(foot, '', '')}`,
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
