import { quantile } from '../statistics.ts';

/** Latencies in milliseconds, from the moment at which each request was due. */
export interface OpenLoopResult {
  readonly count: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** How late the load itself was. */
  readonly late: number;
}

/** The result of a load that sends when it is due. */
export const latencyResult = (
  latencies: readonly number[],
  lateness: readonly number[],
  seconds: number,
): OpenLoopResult => ({
  count: latencies.length,
  seconds,
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
  p999: quantile(latencies, 0.999),
  late: quantile(lateness, 0.99),
});
