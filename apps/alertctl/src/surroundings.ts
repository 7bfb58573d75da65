import { type Readable } from 'node:stream';
import { type Clock, type Ids } from '@therapytrain/alerts-core';
import { type AlertClient, type AlertClientOptions } from '@therapytrain/alerts-client';
import { type Sink } from './output/sink.ts';

/** What a command gets from its process. `main.ts` makes it; nothing else here touches `process`. */
export interface Surroundings {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Aborted by Ctrl-C or SIGTERM: finish soon. */
  readonly signal: AbortSignal;
  readonly connect: (options: AlertClientOptions) => AlertClient;
}
