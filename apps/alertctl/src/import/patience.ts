import { type AlertDraft, AlertError, type Clock, type Millis, type Receipt } from '@therapytrain/alerts-core';
import { type AlertClient } from '@therapytrain/alerts-client';

/** What patience needs. */
export interface PatienceParts {
  readonly client: Pick<AlertClient, 'report' | 'health'>;
  readonly clock: Clock;
  /** How long to wait for the gateway before giving up. */
  readonly wait: Millis;
  /** Ends all waiting; what waits then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Told once when the waiting begins, with why, and once when the gateway takes reports again. */
  readonly onWaiting: (reason: AlertError) => void;
  readonly onBack: () => void;
}

const betweenTries = 500;

/**
 * Reports to a gateway that may be away for a while. A report that may succeed later is sent again, under the same request
 * id, once the gateway answers; all that wait share one that asks. Rejects with what the gateway refuses for good, or
 * with the last reason after `wait` without anything kept.
 */
export const createPatientReport = (parts: PatienceParts): ((draft: AlertDraft) => Promise<Receipt>) => {
  const { client, clock, wait, signal } = parts;
  let since: Millis | undefined;
  let asking: Promise<void> | undefined;

  const ask = async (reason: AlertError): Promise<void> => {
    if (since === undefined) {
      since = clock.monotonic();
      parts.onWaiting(reason);
    }
    for (let last = reason; ;) {
      if (clock.monotonic() - since >= wait) throw last;
      await clock.sleep(last.retryAfter ?? betweenTries, signal);
      const failure = await failureOf(client.health());
      if (!failure) return;
      if (!failure.retryable) throw failure;
      last = failure;
    }
  };

  const keptNow = (): void => {
    if (since === undefined) return;
    since = undefined;
    parts.onBack();
  };

  return async (draft) => {
    for (;;) {
      try {
        const receipt = await client.report(draft);
        keptNow();
        if ('spooled' in receipt) throw new AlertError('DEFECT', 'a client without a spool has spooled');
        return receipt;
      } catch (error) {
        if (!(error instanceof AlertError) || !error.retryable) throw error;
        asking ??= ask(error).finally(() => (asking = undefined));
        await asking;
      }
    }
  };
};

const failureOf = async (call: Promise<unknown>): Promise<AlertError | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof AlertError) return error;
    throw error;
  }
};
