/** Sends messages to a thread. */
export interface Sending<T> {
  send(message: T): void;
  /** Sends what has been given so far at once, so that what is said to the thread by another way comes after it. */
  flush(): void;
}

/**
 * Makes what sends messages to a thread: those of one moment go together, so that handing over, and waking the thread,
 * are paid for once, and what they ask shares a commit. They go when the code that runs now, and all that has been waiting
 * for a promise, has had its turn. `refused` is told of a message that cannot be sent; its neighbours are sent.
 */
export const createSending = <T>(
  post: (messages: readonly T[]) => void,
  refused: (message: T, error: unknown) => void,
): Sending<T> => {
  let waiting: T[] = [];
  const postEach = (messages: readonly T[]): void => {
    for (const message of messages) {
      try {
        post([message]);
      } catch (error) {
        refused(message, error);
      }
    }
  };
  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (messages.length === 0) return;
    try {
      post(messages);
    } catch {
      // Structured cloning takes all or nothing: which of them it was is found out one by one.
      postEach(messages);
    }
  };
  return {
    flush,
    send: (message) => {
      // Not a microtask, which would have its turn before the continuations that wait behind it.
      if (waiting.push(message) === 1) process.nextTick(flush);
    },
  };
};
