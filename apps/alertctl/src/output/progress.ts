import { MultiBar } from 'cli-progress';
import { type Clock } from '@therapytrain/alerts-core';
import { type Sink } from './sink.ts';

/** How far a long command is. */
export interface ProgressState {
  readonly bytes: number;
  readonly alerts: number;
}

/** Shows a person that a long command is under way. */
export interface Progress {
  /** Writes a line of its own, above what shows the progress. The text must be safe. */
  log(line: string): void;
  stop(): void;
}

/** Shows a bar on a terminal, and elsewhere nothing. `total` is the size of the file in bytes, where it has one. */
export const startProgress = (
  stderr: Sink,
  clock: Clock,
  state: ProgressState,
  total: number | undefined,
  unit = 'alerts',
): Progress => {
  if (stderr.columns === undefined || total === undefined || total === 0) {
    return { log: (line) => void stderr.write(`${line}\n`), stop: () => undefined };
  }
  const begun = clock.monotonic();
  const payload = () => {
    const seconds = (clock.monotonic() - begun) / 1000;
    return { alerts: state.alerts, rate: seconds > 0 ? Math.round(state.alerts / seconds) : 0 };
  };
  // Only bars of this kind can write lines above themselves.
  const bars = new MultiBar({
    format: `{bar} {percentage}%  {alerts} ${unit}  {rate}/s  {eta_formatted} left`,
    barsize: 24,
    hideCursor: true,
    stream: stderr.stream as NodeJS.WritableStream,
    // Signals are the command's to handle: it ends by itself, with a summary.
    gracefulExit: false,
    clearOnComplete: true,
  });
  const bar = bars.create(total, 0, payload());
  bars.on('update-pre', () => bar.update(state.bytes, payload()));
  return {
    log: (line) => {
      bars.log(`${line}\n`);
    },
    stop: () => {
      // Lines that were not drawn yet would be lost.
      bars.update();
      bars.stop();
    },
  };
};
