import type { Attributes, Counter, Histogram, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import { type MetricDefinition, metricDefinitions, type MetricName } from './definitions.ts';

const optionsOf = ({ unit, description, buckets }: MetricDefinition): MetricOptions => ({
  unit,
  description,
  ...(buckets && { advice: { explicitBucketBoundaries: [...buckets] } }),
});

/** Names of the instruments of one kind or more. */
type NamesOf<K extends MetricDefinition['kind']> = {
  [N in MetricName]: (typeof metricDefinitions)[N]['kind'] extends K ? N : never;
}[MetricName];

/** Makes a histogram of the table. */
export const createHistogram = (meter: Meter, name: NamesOf<'histogram'>): Histogram =>
  meter.createHistogram(name, optionsOf(metricDefinitions[name]));

/** Makes a counter of the table that is counted as things happen; for what does not happen for each alert. */
export const createCounter = (meter: Meter, name: NamesOf<'counter'>): Counter =>
  meter.createCounter(name, optionsOf(metricDefinitions[name]));

const makers = {
  counter: 'createObservableCounter',
  upDownCounter: 'createObservableUpDownCounter',
  gauge: 'createObservableGauge',
} as const;

/** Makes an instrument of the table whose value is asked for when it is collected. */
export const createObserved = (meter: Meter, name: NamesOf<keyof typeof makers>): Observable =>
  meter[makers[metricDefinitions[name].kind]](name, optionsOf(metricDefinitions[name]));

/** One series of a counter: add to `value`. */
export interface Cell {
  value: number;
  readonly attributes: Attributes;
}

/**
 * Makes a counter of the table that is kept in memory and read when it is collected. Adding to an OpenTelemetry counter
 * costs half a microsecond, because it serialises the attributes each time to find the series; adding to a cell costs
 * nothing that could be measured. Returns how to make the cell of a series, to be kept by the caller.
 */
export const createTally = (meter: Meter, name: NamesOf<'counter'>): ((attributes?: Attributes) => Cell) => {
  const cells: Cell[] = [];
  createObserved(meter, name).addCallback((result) => {
    for (const { value, attributes } of cells) result.observe(value, attributes);
  });
  return (attributes = {}) => {
    const cell = { value: 0, attributes };
    cells.push(cell);
    return cell;
  };
};
