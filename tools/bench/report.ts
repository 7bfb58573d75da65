import Table from 'cli-table3';
import type { HostFacts } from './host.ts';
import type { CellResult, ContenderResult, FigureResult } from './run.ts';
import { median } from './statistics.ts';
import { type Aim, type Quantity, units } from './trial.ts';

/** A run of the bench, as the JSON file has it. */
export interface BenchResult {
  readonly started: string;
  readonly host: HostFacts;
  readonly rounds: number;
  readonly seconds: number;
  readonly cells: readonly CellResult[];
}

/** How a ratio stands to its aim. */
export type Verdict = 'reached' | 'met' | 'missed' | 'not measured';

const keeps = ({ better }: Aim, ratio: number, bound: number): boolean =>
  better === 'more' ? ratio >= bound : ratio <= bound;

const isMeasured = (value: number | undefined): value is number => value !== undefined;

const middleOf = (values: readonly (number | undefined)[]): number => median(values.filter(isMeasured));

/** How the median of some ratios stands to an aim. */
export const verdictOf = (aim: Aim, ratios: FigureResult['ratios']): Verdict => {
  const middle = middleOf(ratios);
  if (Number.isNaN(middle)) return 'not measured';
  if (aim.reach !== undefined && keeps(aim, middle, aim.reach)) return 'reached';
  return keeps(aim, middle, aim.aim) ? 'met' : 'missed';
};

const group = new Intl.NumberFormat('en', { useGrouping: true });

/** A number with so many digits after the point, and thousands apart. */
export const formatNumber = (value: number, digits: number): string =>
  Number.isFinite(value) ? group.format(Number(value.toFixed(digits))) : '–';

const ratio = (value: number): string => (Number.isFinite(value) ? value.toFixed(value < 0.1 ? 3 : 2) : '–');
const sign = ({ better }: Aim): string => (better === 'more' ? '≥' : '≤');

const plain = {
  chars: { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
};

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string => {
  const table = new Table({
    ...plain,
    chars: {
      ...plain.chars,
      ...{
        'bottom-right': '',
        left: '',
        'left-mid': '',
        mid: '',
        'mid-mid': '',
        right: '',
        'right-mid': '',
        middle: '',
      },
    },
    head: [...head],
    colAligns: head.map((_, at) => (at < numbersFrom ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
};

const quantitiesOf = ({ trials }: ContenderResult): readonly Quantity[] => {
  const there = new Set(trials.flatMap((trial) => Object.keys(trial ?? {})));
  return (Object.keys(units) as Quantity[]).filter((each) => each !== 'count' && there.has(each));
};

const contenderRows = (contender: ContenderResult): readonly (readonly string[])[] => {
  const valuesOf = (quantity: Quantity) => contender.trials.map((trial) => trial?.[quantity]);
  const total = valuesOf('count').reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return quantitiesOf(contender).map((quantity, at) => {
    const { unit, digits } = units[quantity];
    const values = valuesOf(quantity);
    return [
      at === 0 ? contender.name : '',
      unit,
      ...values.map((value) => formatNumber(value ?? Number.NaN, digits)),
      formatNumber(middleOf(values), digits),
      at === 0 && total > 0 ? formatNumber(total, 0) : '',
    ];
  });
};

const figureRow = ({ text, quantity, ratios, aim }: FigureResult, rounds: number): readonly string[] => [
  `${text} (${quantity})`,
  ...Array.from({ length: rounds }, (_, round) => ratio(ratios[round] ?? Number.NaN)),
  ratio(middleOf(ratios)),
  aim ? `${sign(aim)} ${aim.aim}` : '',
  aim?.reach === undefined ? '' : `${sign(aim)} ${aim.reach}`,
  aim ? verdictOf(aim, ratios) : '',
];

const roundsHead = (rounds: number): readonly string[] => Array.from({ length: rounds }, (_, round) => `${round + 1}`);

/** One cell: what each contender did in each round, and the ratios beside their aims. */
export const cellReport = (cell: CellResult, rounds: number): string => {
  const numbers = tableOf(
    ['contender', '', ...roundsHead(rounds), 'median', 'N'],
    cell.contenders.flatMap(contenderRows),
    2,
  );
  const ratios = figuresTable(cell.figures, rounds);
  const load = cell.otherLoad.map((each) => each.toFixed(2)).join(' ');
  const notes = [
    ...cell.skipped,
    ...cell.failures.map((failure) => `FAILED: ${failure}`),
    `Cores busy with other work, by round: ${load || '–'}`,
  ];
  return ['', cell.title, '', numbers, '', ratios, '', ...notes].join('\n');
};

const figuresTable = (figures: readonly FigureResult[], rounds: number): string =>
  tableOf(
    ['ratio', ...roundsHead(rounds), 'median', 'aim', 'reach', ''],
    figures.map((figure) => figureRow(figure, rounds)),
    1,
  );

const sentence = ({ text, ratios, aim }: FigureResult & { readonly aim: Aim }): string => {
  const middle = ratio(middleOf(ratios));
  const bound = `${sign(aim)} ${aim.aim}`;
  switch (verdictOf(aim, ratios)) {
    case 'not measured':
      return `  –  ${text}: not measured.`;
    case 'reached':
      return `  ✓✓ ${text}: ${middle}; aim ${bound} met, and what we reach for (${sign(aim)} ${aim.reach}) too.`;
    case 'met':
      return `  ✓  ${text}: ${middle}; aim ${bound} met${aim.reach === undefined ? '' : `, ${sign(aim)} ${aim.reach} not reached`}.`;
    case 'missed':
      return `  ✗  ${text}: ${middle}; aim ${bound} missed.`;
  }
};

const hasAim = (figure: FigureResult): figure is FigureResult & { readonly aim: Aim } => figure.aim !== undefined;

/** In plain words: which aims are met. */
export const verdicts = (cells: readonly CellResult[]): string => {
  const figures = cells.flatMap((cell) => cell.figures).filter(hasAim);
  const met = figures.filter(({ aim, ratios }) => ['met', 'reached'].includes(verdictOf(aim, ratios)));
  return [`${met.length} of ${figures.length} aims are met:`, ...figures.map(sentence)].join('\n');
};

/** What the numbers were measured on. */
export const hostReport = ({ node, sqlite, cores, cpu, load }: HostFacts): string =>
  `Node ${node}, SQLite ${sqlite}, ${cores} cores (${cpu}), load average ${load.join(' ')}`;
