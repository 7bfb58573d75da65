import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { type Cell, createTally } from './instruments.ts';

/** Makes what counts the alerts that detections raise, by the detection's name in the policy. */
export const countDetections = (meter: Meter): ((detection: string) => void) => {
  if (meter === createNoopMeter()) return () => undefined;
  const cellOf = createTally(meter, 'alerts.detections.raised');
  const cells = new Map<string, Cell>();
  return (detection) => {
    const cell = cells.get(detection) ?? cellOf({ detection });
    cells.set(detection, cell);
    cell.value++;
  };
};
