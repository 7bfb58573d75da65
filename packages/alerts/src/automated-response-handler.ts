import { AlertSeverity, fieldError, type Ports, systemPorts } from '@therapytrain/alerts-core';
import type { AlertHandler, HandledAlert } from '@therapytrain/alerts-manager';
import {
  createGuardrails,
  type GuardedStep,
  type RefusalRule,
  type ResponseGuardrails,
} from './response-guardrails.ts';
import type {
  Done,
  RateLimiterService,
  ResponseServices,
  SecurityAuditService,
  UserService,
} from './response-services.ts';
import { type ResponseAction, stepsOf, targetOf } from './response-steps.ts';

/** One action, and what became of it. Holds no target: the audit has it, with the alert. */
export interface ActionTaken {
  /** The alert that asked for it. */
  readonly alertId: string;
  readonly action: ResponseAction;
  readonly outcome: 'done' | 'failed' | 'refused';
  /** The guardrail that refused it; undefined for the others. */
  readonly rule: RefusalRule | undefined;
}

/** How an alert is responded to. All are optional. */
export interface AutomatedResponseOptions extends ResponseGuardrails {
  /** Told of every action once it has ended, and of every refusal. What it throws is ignored. */
  readonly onAction?: (taken: ActionTaken) => void;
  /** Default: the machine's clock. Windows are measured by its monotonic time. */
  readonly ports?: Pick<Ports, 'clock'>;
}

/** The type under which a refusal stands in the audit, beside the alert that was refused an action. */
export const refusedResponse = 'RESPONSE_REFUSED';

/** The type under which it stands in the audit that the budget is spent, and nothing is done any more for a while. */
const budgetSpent = 'RESPONSE_BUDGET';

/** Of whom a person took an action back. */
export interface RevertedAction {
  readonly action: ResponseAction;
  /** The address, or the user's id. */
  readonly target: string;
  /** For `revokeResourceAccess`. */
  readonly resource?: string;
  /** Which person; not empty. */
  readonly by: string;
}

/** A step with a name for the message of several errors. */
interface Named {
  readonly name: string;
  run(): Done;
}

// Also where it throws before there is a promise: no step keeps another one back.
const tried = async ({ run }: Named): Promise<unknown> => {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error ?? new Error('a service failed and did not say why');
  }
};

const thrown = (failures: readonly (readonly [name: string, error: unknown])[]): unknown => {
  if (failures.length === 1) return failures[0]?.[1];
  const errors = failures.map(([, error]) => error);
  return new AggregateError(errors, `${failures.length} steps failed: ${failures.map(([name]) => name).join(', ')}`);
};

/**
 * Answers alerts through the platform's own services, within guardrails: the table is in the README. Register it with the
 * `AlertManager`. Every step is tried, all at once, whichever of the others fail. What the guardrails have counted is in
 * memory, and gone with the process; the alert gateway keeps it, and takes back what it did.
 */
export class AutomatedResponseHandler implements AlertHandler {
  readonly #services: ResponseServices;
  readonly #guardrails: ReturnType<typeof createGuardrails>;
  readonly #onAction: (taken: ActionTaken) => void;

  /** Throws `FIELD_INVALID` that names each protected address that is none. */
  constructor(
    userService: UserService,
    rateLimiterService: RateLimiterService,
    securityAuditService: SecurityAuditService,
    options: AutomatedResponseOptions = {},
  ) {
    const { onAction = () => undefined, ports = systemPorts(), ...guardrails } = options;
    this.#services = { users: userService, limiter: rateLimiterService, audit: securityAuditService };
    this.#guardrails = createGuardrails(guardrails, ports.clock);
    this.#onAction = onAction;
  }

  /**
   * Resolves when every step has ended well. Rejects when all have ended: with the error of the one step that failed, or
   * with an `AggregateError` that names the steps and holds their errors. Metadata that a step needs and that is missing
   * is a `FIELD_INVALID` that names the key: the alert is then recorded, and nothing else is done. An action that a
   * guardrail refuses is no error: it is recorded as {@link refusedResponse}, with action and rule, and told to `onAction`.
   */
  async handleAlert(alert: HandledAlert): Promise<void> {
    const { records, actions, faults, address } = stepsOf(alert);
    const guarded = this.#guardrails.guard(actions, address, alert);
    const steps: Named[] = [
      ...guarded.map((each) => this.#guarded(alert, each)),
      ...guarded.flatMap(({ trips }) => (trips ? [this.#tripped(alert)] : [])),
      ...records.map(({ record, run }) => ({ name: record, run: () => run(this.#services) })),
    ];
    const ended = await Promise.all(steps.map(async (step) => [step.name, await tried(step)] as const));
    const failures = ended.filter(([, error]) => error !== undefined);
    if (faults.length > 0) failures.unshift(['metadata', fieldError(faults)]);
    if (failures.length > 0) throw thrown(failures);
  }

  /**
   * Says that a person took an action back, or wants it not to be done: it is not done again to the same target for the
   * `grace` of the options, and the next one is on the first rung of the ladder. Call it after the service has done so.
   * Throws `FIELD_INVALID` where nobody is named.
   */
  reverted({ action, target, resource, by }: RevertedAction): void {
    const missing = Object.entries({ target, by }).filter(([, value]) => value.trim() === '');
    if (missing.length > 0) throw fieldError(missing.map(([field]) => ({ field, rule: 'is empty' })));
    this.#guardrails.reverted(action, targetOf(action, target, resource), by);
  }

  #tripped({ id }: HandledAlert): Named {
    const run = (): Done => this.#services.audit.recordAlert(budgetSpent, AlertSeverity.HIGH, { alertId: id });
    return { name: 'recordAlert', run };
  }

  #guarded({ id, severity }: HandledAlert, { step, refused, ended }: GuardedStep): Named {
    const { action } = step;
    if (refused !== undefined) {
      this.#tell({ alertId: id, action, outcome: 'refused', rule: refused });
      const details = { alertId: id, action, rule: refused };
      return { name: 'recordAlert', run: () => this.#services.audit.recordAlert(refusedResponse, severity, details) };
    }
    return {
      name: action,
      run: async () => {
        try {
          await step.run(this.#services);
        } catch (error) {
          ended(false);
          this.#tell({ alertId: id, action, outcome: 'failed', rule: undefined });
          throw error;
        }
        ended(true);
        this.#tell({ alertId: id, action, outcome: 'done', rule: undefined });
      },
    };
  }

  #tell(taken: ActionTaken): void {
    try {
      this.#onAction(taken);
    } catch {
      // Who is told must not keep an action back.
    }
  }
}
