import { createMemoryLog } from '@therapytrain/alerts-manager';
import { logContract, type OpenLog, testPorts } from '@therapytrain/alerts-testkit';
import { traceLog } from '../src/index.ts';
import { createCollectingMeter } from './support/collecting-meter.ts';
import { startTracing } from './support/tracing.ts';

const openTraced: OpenLog = async () => {
  const tracing = startTracing();
  const metered = createCollectingMeter();
  const log = traceLog(createMemoryLog(), tracing.tracer, metered.meter);
  return {
    log,
    ports: testPorts(),
    dispose: async () => {
      await log.close();
      await tracing.close();
      await metered.close();
    },
  };
};

// What survives the process is the business of the log that is wrapped.
logContract('a traced and measured log', openTraced, { durable: false });
