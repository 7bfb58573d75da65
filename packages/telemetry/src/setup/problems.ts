import type { DiagLogger } from '@opentelemetry/api';

/** Told what is wrong with telemetry itself. */
export type TellProblem = (problem: string) => void;

const repeatAfter = 60_000;
const maxProblems = 100;
const maxLength = 200;

/** Tells each problem at most once a minute: an exporter meets the same one again and again. */
export const createProblems = (tell: TellProblem): TellProblem => {
  const told = new Map<string, number>();
  return (problem) => {
    const now = performance.now();
    if (now - (told.get(problem) ?? Number.NEGATIVE_INFINITY) < repeatAfter) return;
    if (told.size > maxProblems) told.clear();
    told.set(problem, now);
    tell(problem);
  };
};

// An error comes as the JSON of all that it has: its stack, and what the collector answered. Its message is enough.
const messageIn = (text: string): string => {
  if (!text.startsWith('{')) return text;
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : 'an error without a message';
  } catch {
    return 'an error that cannot be read';
  }
};

const complaint = (text: string): string => `OpenTelemetry: ${messageIn(text).split('\n', 1)[0]?.slice(0, maxLength)}`;

/** Where the SDK complains. Its warnings are problems; the rest of what it says is for its own developers. */
export const diagLogger = (onProblem: TellProblem): DiagLogger => ({
  error: (message) => onProblem(complaint(message)),
  warn: (message) => onProblem(complaint(message)),
  info: () => {},
  debug: () => {},
  verbose: () => {},
});
