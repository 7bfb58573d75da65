import { AlertError, type AlertLog, type AppendResult, type StampedAlert } from '@therapytrain/alerts-core';

const isStamped = (each: StampedAlert | AlertError): each is StampedAlert => !(each instanceof AlertError);

/** Makes the accepted ones durable, all in one commit, and puts the refusals back in their places. */
export const keep = async (
  accepted: readonly (StampedAlert | AlertError)[],
  log: AlertLog,
): Promise<readonly AppendResult[]> => {
  const kept = await log.append(accepted.filter(isStamped));
  let at = 0;
  return accepted.map((each) => (isStamped(each) ? (kept[at++] ?? missing()) : each));
};

const missing = (): AlertError => new AlertError('DEFECT', 'the log gave fewer results than it was given alerts');
