/** The head of a printed page, with whence it comes. */
export const page = (title: string, from: string, ...parts: readonly string[]): string =>
  [`# ${title}`, `<!-- Printed from ${from} by "npm run docs". Do not edit. -->`, ...parts].join('\n\n') + '\n';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();

/** A table in Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
