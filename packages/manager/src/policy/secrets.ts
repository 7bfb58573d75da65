import { isSecret, Secret } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';
import { alternatives, below } from './walk.ts';

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

/** How a policy names a secret: by the environment variable or the file that holds it. */
export const secretReference = z.union([
  z.strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_]\w{0,255}$/)
      .describe('The environment variable that holds it.'),
  }),
  z.strictObject({ file: z.string().min(1).max(4096).describe('The file that holds it; a last line feed is cut.') }),
]);

type Reference = z.output<typeof secretReference>;

/** Where secrets are. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file. Throws an error with a `code` where it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** A secret that is not as it must be. */
export interface SecretFault {
  readonly path: Path;
  readonly rule: string;
  readonly hint: string;
}

/** Options with a `Secret` in the place of each reference. */
export interface Resolved {
  readonly value: unknown;
  readonly faults: readonly SecretFault[];
  /** Where a `Secret` stands that is none: it was not found, or was not looked for. */
  readonly unknown: readonly Path[];
}

const write = 'write { env: NAME } or { file: path }';
const standIn = new Secret('not known');

const found = (reference: Reference, sources: SecretSources): Secret | Omit<SecretFault, 'path'> => {
  if ('env' in reference) {
    const { env } = reference;
    const value = Object.hasOwn(sources.environment, env) ? sources.environment[env] : undefined;
    if (value) return new Secret(value);
    const rule = `names the environment variable ${env}, which is ${value === undefined ? 'not set' : 'empty'}`;
    return { rule, hint: `set ${env} where the gateway is started` };
  }
  const named = `names the file ${JSON.stringify(reference.file)}, which`;
  try {
    const value = sources.readFile(reference.file).replace(/\r?\n$/, '');
    return value ? new Secret(value) : { rule: `${named} is empty`, hint: 'put the secret there' };
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    return { rule: `${named} cannot be read (${code})`, hint: 'put the secret there, readable for the gateway alone' };
  }
};

const secretAt = (value: unknown, path: Path, sources: SecretSources | undefined): Resolved => {
  const bad = (fault: Omit<SecretFault, 'path'>): Resolved => ({
    value: standIn,
    faults: [{ path, ...fault }],
    unknown: [path],
  });
  const reference = secretReference.safeParse(value);
  if (!reference.success) {
    if (typeof value === 'string') return bad({ rule: 'is a secret in clear text', hint: write });
    return bad({ rule: 'is not a reference to a secret', hint: write });
  }
  if (!sources) return { value: standIn, faults: [], unknown: [path] };
  const secret = found(reference.data, sources);
  return secret instanceof Secret ? { value: secret, faults: [], unknown: [] } : bad(secret);
};

const entriesOf = (value: object): readonly (readonly [string | number, unknown])[] =>
  Array.isArray(value) ? [...value.entries()] : Object.entries(value);

const inside = (
  schemas: readonly Schema[],
  value: object,
  path: Path,
  sources: SecretSources | undefined,
): Resolved => {
  const entries = entriesOf(value).map(
    ([key, each]) => [key, resolve(below(schemas, key), each, [...path, key], sources)] as const,
  );
  return {
    value: Array.isArray(value)
      ? entries.map(([, each]) => each.value)
      : Object.fromEntries(entries.map(([key, each]) => [key, each.value])),
    faults: entries.flatMap(([, { faults }]) => faults),
    unknown: entries.flatMap(([, { unknown }]) => unknown),
  };
};

const resolve = (
  schemas: readonly Schema[],
  value: unknown,
  path: Path,
  sources: SecretSources | undefined,
): Resolved => {
  const possible = schemas.flatMap(alternatives);
  if (possible.some(isSecret) && !Array.isArray(value) && value !== undefined) return secretAt(value, path, sources);
  if (typeof value !== 'object' || value === null) return { value, faults: [], unknown: [] };
  return inside(possible, value, path, sources);
};

/**
 * Puts a `Secret` wherever the schema wants one and a reference stands. What stands there in clear text is a fault, and
 * so is a reference to nothing; no fault holds a value. Without sources references are checked for their form alone.
 */
export const resolveSecrets = (schema: Schema, value: unknown, sources: SecretSources | undefined): Resolved =>
  resolve([schema], value, [], sources);
