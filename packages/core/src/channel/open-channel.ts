import type { z } from 'zod';
import { type AlertTypes, createAlertTypes } from '../alert-type.ts';
import { checkDraft, type Alert, type AlertDraft } from '../alert.ts';
import { fieldError } from '../errors.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Ports } from '../ports.ts';
import { AlertSeverity } from '../severity.ts';
import { systemPorts } from '../system-ports.ts';
import type { Attempt, Channel, ChannelKind } from './channel.ts';
import { createProjection } from './projection.ts';
import type { Story } from './notice.ts';
import type { Outcome } from './outcome.ts';
import { createPseudonyms, randomPseudonymKey } from './pseudonyms.ts';
import { Secret } from './secret.ts';

/** What a channel of its own may be given beside its options. All are optional. */
export interface OpenOptions {
  /** The alert types, which say what is personal. Default: the built-in ones; every other key counts as HEALTH. */
  readonly types?: AlertTypes;
  /** At least 32 bytes. Default: a random one, so that pseudonyms change with each process. */
  readonly pseudonymKey?: Secret | string;
  /** Default: the machine's clock and chance. */
  readonly ports?: Ports;
}

/** A channel for programs without a gateway: it clears, then makes one attempt. */
export interface OpenChannel {
  /**
   * One attempt to tell of an alert, or of any {@link Story}. Rejects only for a draft that breaks a rule. Who tries
   * again gives the same `key`, the next `number`, and what the outcome before handed back.
   */
  send(what: AlertDraft | Story, attempt?: Partial<Attempt>): Promise<Outcome>;
  check(signal?: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
  /** What is opened: for who clears notices and keeps attempts by himself. */
  readonly channel: Channel;
}

const pathOf = (path: readonly PropertyKey[]): string => path.map(String).join('.') || 'options';

/** Options by their schema. Throws `FIELD_INVALID` that names each field and rule, and no value. */
export const parseOptions = <S extends z.ZodType>(schema: S, options: unknown): z.output<S> => {
  const parsed = schema.safeParse(options, { reportInput: false });
  if (parsed.success) return parsed.data;
  throw fieldError(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ field: pathOf([...issue.path, key]), rule: 'is not an option' }))
        : [{ field: pathOf(issue.path), rule: issue.message }],
    ),
  );
};

const isStory = (what: AlertDraft | Story): what is Story => 'event' in what;

const alertOf = (draft: AlertDraft, types: AlertTypes, { clock, ids }: Ports): Alert => {
  const checked = checkDraft(draft);
  const now = clock.now();
  const source = 'local';
  return {
    id: ids.next(),
    sequence: 0,
    type: checked.type,
    severity: checked.severity ?? types.defaultSeverity(checked.type) ?? AlertSeverity.MEDIUM,
    message: checked.message,
    metadata: checked.metadata,
    source,
    occurredAt: checked.occurredAt ?? now,
    receivedAt: now,
    fingerprint: fingerprint(types, checked.type, source, checked.metadata),
    dedupKey: checked.dedupKey,
    traceParent: checked.traceParent,
  };
};

/**
 * Opens a channel for a program of your own. Throws `FIELD_INVALID` that names every option that breaks a rule. Nothing
 * is connected before the first attempt.
 */
export const openChannel = <S extends z.ZodType>(
  kind: ChannelKind<S>,
  options: z.input<S>,
  {
    types = createAlertTypes(),
    ports = systemPorts(),
    pseudonymKey = randomPseudonymKey(ports.random),
  }: OpenOptions = {},
): OpenChannel => {
  const channel = kind.create(parseOptions(kind.options, options), ports);
  const key = pseudonymKey instanceof Secret ? pseudonymKey : new Secret(pseudonymKey);
  const project = createProjection({ types, pseudonyms: createPseudonyms(key) });
  const never = new AbortController().signal;
  return {
    channel,
    send: async (what, given = {}) => {
      const story: Story = isStory(what)
        ? what
        : { event: 'alert', at: ports.clock.now(), alerts: [alertOf(what, types, ports)] };
      const attempt = { key: given.key ?? ports.ids.next(), number: 1, signal: never, ...given };
      return channel.deliver(project(story, channel.clearance), attempt);
    },
    check: (signal = never) => channel.check(signal),
    close: () => channel.close(),
  };
};
