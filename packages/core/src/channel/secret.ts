import { z } from 'zod';

const shown = '[secret]';
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** A value that must not be seen: it prints as `[secret]`, in text, JSON and the console, and is had by `reveal` alone. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value. Give it to the peer's library and keep it nowhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect](): string {
    return shown;
  }
}

const secrets = z.registry<{ readonly secret: true }>();

/**
 * An option that is a secret. In code a text or a {@link Secret}; in a policy only a reference, which the loader
 * resolves before the options are parsed.
 */
export const secret = (): z.ZodType<Secret, Secret | string> =>
  z
    .union([z.instanceof(Secret), z.string()], 'is not a secret')
    .transform((value) => (value instanceof Secret ? value : new Secret(value)))
    .refine((value) => value.reveal().length > 0, 'is empty')
    .register(secrets, { secret: true });

/** True for a schema that {@link secret} made, and for one that was refined or described from it. */
export const isSecret = (schema: z.core.$ZodType): boolean => secrets.get(schema)?.secret === true;
