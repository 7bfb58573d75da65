import { type AlertDraft, AlertSeverity, type AlertTypeDefinition, Sensitivity } from '@therapytrain/alerts-core';
import { idFrom } from '../hashes.ts';

/** Who reports what people must hear of responses. Nothing is ever done about what it says. */
export const responseSource = 'gateway:responses';

const key = (description: string, identifies: boolean) => ({
  sensitivity: Sensitivity.INTERNAL,
  identifies,
  description,
});

/** The types of what responses raise. None of their metadata is a target. */
export const responseTypes: Readonly<Record<Raised['type'], AlertTypeDefinition>> = {
  RESPONSE_BUDGET: {
    title: 'A budget of responses is spent',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: { scope: key('The playbook or responder whose budget it is, or all.', true) },
  },
  RESPONSE_ABUSE: {
    title: 'Responses are used as a weapon',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      playbook: key('The playbook that it would have been.', true),
      source: key('Who reported it.', true),
      users: key('More different users than this.', false),
    },
  },
  RESPONSE_FAILED: {
    title: 'A response needs a person',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      response: key('Which response, by id.', true),
      playbook: key('Its playbook.', false),
      responder: key('Its responder.', false),
    },
  },
};

/** An alert that responses raise. The same key gives the same request: it is kept once. */
export interface Raised {
  readonly key: string;
  readonly type: 'RESPONSE_BUDGET' | 'RESPONSE_ABUSE' | 'RESPONSE_FAILED';
  readonly message: string;
  /** Names of the policy, numbers and ids. Never a target. */
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** The report of what is raised. */
export const draftOfRaised = ({ key, type, message, metadata }: Raised): AlertDraft => ({
  requestId: idFrom(`response ${type} ${key}`),
  type,
  severity: AlertSeverity.HIGH,
  message,
  metadata,
  dedupKey: '',
});

/** More was to be done unasked in a scope than its budget allows. */
export const overBudget = (scope: string, place: number): Raised => ({
  key: `${scope} ${place}`,
  type: 'RESPONSE_BUDGET',
  message: `The budget of responses of ${scope} is spent: what exceeds it waits for approval`,
  metadata: { scope },
});

/** One address or reporter caused responses against too many users. */
export const abused = (
  by: 'address' | 'reporter',
  source: string,
  playbook: string,
  users: number,
  place: number,
): Raised => ({
  key: `${by} ${place}`,
  type: 'RESPONSE_ABUSE',
  message:
    by === 'address'
      ? `One address caused responses of ${playbook} against more than ${users} users: they are left alone`
      : `Reporter ${source} caused responses of ${playbook} against more than ${users} users: they are left alone`,
  metadata: { playbook, source, users },
});

/** A response ended in a way that a person must see to. */
export const failedResponse = (
  response: { readonly id: string; readonly playbook: string; readonly responder: string; readonly version: number },
  what: 'dead' | 'unknown' | 'revert_failed',
): Raised => {
  const { id, playbook, responder, version } = response;
  const said = {
    dead: 'could not be done',
    unknown: 'may have been done, and a person must look',
    revert_failed: 'could not be taken back, and a person must do it',
  }[what];
  return {
    key: `${id} ${what} ${version}`,
    type: 'RESPONSE_FAILED',
    message: `A response of ${playbook} by ${responder} ${said}`,
    metadata: { response: id, playbook, responder },
  };
};
