import {
  AlertManager,
  type AlertManagerOptions,
  type AlertHandler,
  type HandledAlert,
  type HandlerFailure,
} from '@therapytrain/alerts-manager';
import { testPorts, type TestPorts } from '@therapytrain/alerts-testkit';

/** A manager in fake time, whose handler failures are collected. */
export interface TestManager {
  readonly manager: AlertManager;
  readonly ports: TestPorts;
  readonly failures: readonly HandlerFailure[];
}

/** Configures the manager of the process anew. */
export const configured = (options: AlertManagerOptions = {}): TestManager => {
  AlertManager.reset();
  const ports = testPorts();
  const failures: HandlerFailure[] = [];
  const manager = AlertManager.configure({
    clock: ports.clock,
    random: ports.random,
    onHandlerFailure: (failure) => void failures.push(failure),
    ...options,
  });
  return { manager, ports, failures };
};

/** A handler that remembers what it was told. */
export const recorder = () => {
  const told: HandledAlert[] = [];
  const handler: AlertHandler = { handleAlert: async (alert) => void told.push(alert) };
  return { handler, told };
};

/** A handler that holds each alert until it is let go. */
export const gate = () => {
  const told: HandledAlert[] = [];
  const waiting: (() => void)[] = [];
  const handler: AlertHandler = {
    handleAlert: (alert) => {
      told.push(alert);
      return new Promise((resolve) => void waiting.push(resolve));
    },
  };
  const release = async (): Promise<void> => {
    for (const each of waiting.splice(0)) each();
    await new Promise(setImmediate);
  };
  return {
    handler,
    told,
    /** Lets go of the one that is held longest; false if none is. */
    releaseOne: async (): Promise<boolean> => {
      const first = waiting.shift();
      first?.();
      await new Promise(setImmediate);
      return first !== undefined;
    },
    /** Lets go of what is held now. */
    release,
    /** Lets go until nothing more comes. */
    releaseAll: async () => {
      while (waiting.length > 0) await release();
    },
  };
};
