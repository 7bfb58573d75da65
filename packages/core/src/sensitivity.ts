/** How far a value may travel: ordered numbers. What exceeds a channel's clearance never reaches its renderer. */
export const Sensitivity = { PUBLIC: 1, INTERNAL: 2, PERSONAL: 3, HEALTH: 4, SECRET: 5 } as const;

/** 1 (PUBLIC) to 5 (SECRET); a greater number is more sensitive. */
export type Sensitivity = (typeof Sensitivity)[keyof typeof Sensitivity];

/** The name of a sensitivity, as it is written in a policy. */
export type SensitivityName = keyof typeof Sensitivity;

/** What a metadata key counts as when its type does not declare it. */
export const undeclaredSensitivity: Sensitivity = Sensitivity.HEALTH;
