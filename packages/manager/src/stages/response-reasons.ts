/**
 * Why a response is where it is: the closed list behind `Response.reason`, each with its meaning. An attempt that failed
 * leaves the reason of its outcome instead.
 */
export const responseReasons = {
  kill_switch: 'The kill switch was on.',
  audit_stopped: 'The audit could not be written, so nothing that acts may run.',
  protected: 'The target must not be acted on.',
  too_old: 'The alert was old when it came, and the playbook does not say `also_old`.',
  own_action: 'The alert tells of what we did to the target ourselves.',
  grace: 'A person took the same back, or rejected it, a short time ago.',
  last_of_group: 'Too few of a protected group would still be able to sign in.',
  weaponised: 'One address or reporter causes responses against so many users that it is the attack itself.',
  over_budget: 'So much is done unasked already that people must say.',
  superseded: 'What was asked is done unasked by another playbook or step.',
  too_late: 'It would have to be reverted before it is done.',
  policy_changed: 'The policy in force does not say any more that this be done unasked.',
  no_responder: 'The policy in force has no responder of this name for such a target.',
  not_known: 'An attempt may have had its effect, and a second one could have another.',
  maintenance: 'A maintenance window covers the alert: nothing is done unasked in it, and people may do it.',
  wide_target: 'The target is a range of addresses: two persons must say, whatever the playbook says.',
  unprotected_failed: 'The protected list could not be asked.',
} as const;

/** One of the closed list of reasons. */
export type ResponseReason = keyof typeof responseReasons;
