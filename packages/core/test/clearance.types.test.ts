import { expect, test } from '@jest/globals';
import type { Alert } from '@therapytrain/alerts-core';
import type { Attempt, Channel, ClearedText, Notice } from '@therapytrain/alerts-core/channel';

// The compiler is the test: `npm run typecheck` fails when a line that must not compile does.
type Internal = Channel<2>;
type Personal = Channel<3>;

const rendersInternal = (notice: Notice<1 | 2>): ClearedText<1 | 2> | undefined => notice.alerts[0]?.message;
const rendersPersonal = (notice: Notice<1 | 2 | 3>): ClearedText<1 | 2 | 3> | undefined => notice.alerts[0]?.message;

const mistakes = (
  alert: Alert,
  two: Notice<1 | 2>,
  three: Notice<1 | 2 | 3>,
  internal: Internal,
  personal: Personal,
  attempt: Attempt,
) => {
  // What is cleared for less may go to who is cleared for more.
  void personal.deliver(two, attempt);
  rendersPersonal(two);
  // @ts-expect-error What is cleared for PERSONAL may not go to a channel that is cleared for INTERNAL,
  void internal.deliver(three, attempt);
  // @ts-expect-error nor be rendered as if it were.
  rendersInternal(three);
  // @ts-expect-error An alert is not a notice.
  void internal.deliver(alert, attempt);
  // @ts-expect-error A notice has no metadata that were not cleared,
  void two.alerts[0]?.metadata;
  // @ts-expect-error no fingerprint, by which values could be tried out,
  void two.alerts[0]?.fingerprint;
  // @ts-expect-error and no name that the reporter gave to what it is about.
  void two.alerts[0]?.dedupKey;
  // @ts-expect-error Text that nobody cleared is not cleared text.
  const text: ClearedText<1 | 2> = alert.message;
  // @ts-expect-error Nothing is cleared for SECRET.
  const secret: Notice<5> | undefined = undefined;
  // @ts-expect-error A channel that is cleared for INTERNAL is not one that is cleared for PERSONAL.
  const raised: Personal = internal;
  return { text, secret, raised };
};

test('a renderer cannot be given more than its clearance: it does not compile', () => {
  expect(typeof mistakes).toBe('function');
});
