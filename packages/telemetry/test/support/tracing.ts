import { context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** A real tracer whose spans a test looks at. */
export interface TestTracing {
  readonly tracer: Tracer;
  spans(): readonly ReadableSpan[];
  close(): Promise<void>;
}

/** Starts tracing without the network. With `sampled: false` it makes spans that nobody wants to see. */
export const startTracing = ({ sampled = true } = {}): TestTracing => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: sampled ? new AlwaysOnSampler() : new AlwaysOffSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return {
    tracer: provider.getTracer('test'),
    spans: () => exporter.getFinishedSpans(),
    close: async () => {
      await provider.shutdown();
      context.disable();
    },
  };
};
