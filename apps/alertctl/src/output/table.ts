import { type Paint, type Style } from './paint.ts';
import { cut, padTo, widthOf } from './width.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** The cell as safe text on one line. */
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  /** Where a row is too wide for the terminal, this column gives way, down to so many columns of the terminal. */
  readonly shrinksTo?: number;
  /** Left out altogether where shrinking is not enough. */
  readonly expendable?: boolean;
}

const gap = '  ';

interface Fitted<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

const measure = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly Fitted<Row>[] =>
  columns.map((column) => ({
    column,
    width: rows.reduce((most, row) => Math.max(most, widthOf(column.cell(row))), widthOf(column.title)),
  }));

const total = (fitted: readonly Fitted<never>[]): number =>
  fitted.reduce((sum, { width }) => sum + width, gap.length * (fitted.length - 1));

const fit = <Row>(fitted: readonly Fitted<Row>[], columns: number): readonly Fitted<Row>[] => {
  let excess = total(fitted) - columns;
  if (excess <= 0) return fitted;
  const shrunk = fitted.map(({ column, width }) => {
    const spare = column.shrinksTo === undefined ? 0 : Math.max(0, width - column.shrinksTo);
    const less = Math.min(spare, excess);
    excess -= less;
    return { column, width: width - less };
  });
  const expendable = fitted.find(({ column }) => column.expendable);
  if (excess <= 0 || !expendable) return shrunk;
  return fit(
    fitted.filter((each) => each !== expendable),
    columns,
  );
};

/**
 * Rows under their titles in aligned columns, as lines without line feeds. With `columns`, lines fit that width where
 * columns can shrink or be left out; a table that cannot is wider.
 */
export const table = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
  terminal?: number,
): readonly string[] => {
  const measured = measure(columns, rows);
  const fitted = terminal === undefined ? measured : fit(measured, terminal);
  const line = (cellOf: (column: Column<Row>) => string, styleOf: (column: Column<Row>) => Style | undefined): string =>
    fitted
      .map(({ column, width }, index) => {
        const text = cut(cellOf(column), width);
        const style = styleOf(column);
        const painted = style ? paint(style, text) : text;
        return index === fitted.length - 1 ? painted : painted + padTo('', width - widthOf(text));
      })
      .join(gap)
      .trimEnd();
  return [
    line(
      ({ title }) => title,
      () => 'dim',
    ),
    ...rows.map((row) =>
      line(
        ({ cell }) => cell(row),
        ({ style }) => style?.(row),
      ),
    ),
  ];
};
