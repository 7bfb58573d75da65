import type { PolicyFault, Source } from './document.ts';
import { type Finding, pathText } from './faults.ts';
import { offsetOf } from './places.ts';

/** How many faults are told of one document. */
export const mostFaults = 100;

/** Findings with their lines and columns, in the order of the document. */
export const located = ({ document, text, at }: Source, found: readonly Finding[]): readonly PolicyFault[] =>
  found
    .map(({ rule, hint, ...place }) => {
      const { offset, exact } = offsetOf(document, text, place);
      // Where the place in the file is exact, the one in the expression would only confuse.
      const said = place.within && exact ? rule.replace(/ \(line \d+, column \d+\)$/, '') : rule;
      return { ...at(offset), path: pathText(place.path), rule: said, hint };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, mostFaults);
