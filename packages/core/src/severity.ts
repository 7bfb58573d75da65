/** How bad an alert is: ordered numbers, the same on the wire, in code and in expressions. Compare them as numbers. */
export const AlertSeverity = { LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 } as const;

/** 1 (LOW) to 4 (CRITICAL); a greater number is more severe. */
export type AlertSeverity = (typeof AlertSeverity)[keyof typeof AlertSeverity];

/** The name of a severity, as it is written in configuration, expressions and the seed's interface. */
export type AlertSeverityName = keyof typeof AlertSeverity;

/** All severities, least severe first. */
export const severities: readonly AlertSeverity[] = [1, 2, 3, 4];

const names: Readonly<Record<AlertSeverity, AlertSeverityName>> = { 1: 'LOW', 2: 'MEDIUM', 3: 'HIGH', 4: 'CRITICAL' };

/** The name of a severity, for people. */
export const severityName = (severity: AlertSeverity): AlertSeverityName => names[severity];

/** True for the four severities and nothing else (not for their names). */
export const isSeverity = (value: unknown): value is AlertSeverity =>
  value === 1 || value === 2 || value === 3 || value === 4;

/** The severity of a name, in any case; undefined where there is none of that name. */
export const severityOf = (name: string): AlertSeverity | undefined => {
  const upper = name.toUpperCase();
  return Object.hasOwn(AlertSeverity, upper) ? AlertSeverity[upper as AlertSeverityName] : undefined;
};
