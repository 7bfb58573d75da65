/** One node of the tree that says why. */
export interface ExplanationStep {
  readonly name: string;
  readonly verdict: 'yes' | 'no' | 'info';
  /** A sentence, without a value of the alert but for what a notice says: that holds what its channel is cleared for. */
  readonly detail: string;
  readonly steps: readonly ExplanationStep[];
}

/** Why an alert did, or would, reach whom it reaches. */
export interface Explanation {
  /** Empty for a hypothetical one. */
  readonly alertId: string;
  /** The version of the policy that is in force now. */
  readonly policy: string;
  /** Empty where there is none. */
  readonly incident: string;
  readonly steps: readonly ExplanationStep[];
}
