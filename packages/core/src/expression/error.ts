/** Where in a source something is wrong. Both count from 1; the column counts UTF-16 units, as editors do. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** A source that was refused: why, and where. The message quotes the source at most, never an alert. */
export class ExpressionError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, { line, column }: SourcePosition, options?: ErrorOptions) {
    super(`${message} (line ${line}, column ${column})`, options);
    this.name = 'ExpressionError';
    this.line = line;
    this.column = column;
  }
}

/** Turns an offset into the source into a line and a column. */
export function positionAt(source: string, offset: number): SourcePosition {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
