/** What one instrument measures. */
export interface MetricDefinition {
  /** The instrument of OpenTelemetry. */
  readonly kind: 'counter' | 'upDownCounter' | 'gauge' | 'histogram';
  /** In UCUM, as OpenTelemetry has it: `s`, `By`, `{alert}`. */
  readonly unit: string;
  /** What it says, as a sentence. */
  readonly description: string;
  /** Each attribute with its possible values; all of them are bounded, and none comes from an alert's content. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Upper bounds of the buckets of a histogram, ascending, in its unit. */
  readonly buckets?: readonly number[];
}

const codes = 'a code of docs/errors.md';
const severity = 'LOW, MEDIUM, HIGH, CRITICAL, or UNSPECIFIED where the report did not say';
// From a commit that shares its fsync to a deadline that is long over.
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every instrument there is: the code makes them from this table, and docs/metrics.md is printed from it. */
export const metricDefinitions = {
  'alerts.reports': {
    kind: 'counter',
    unit: '{alert}',
    description: 'Alerts that were reported, by what became of them.',
    attributes: {
      type: 'a type that the policy declares, or `other`',
      severity,
      outcome: 'kept, duplicate, refused, shed',
      reason: `${codes}; only where the outcome is refused or shed`,
    },
  },
  'alerts.append.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from handing alerts to the log until they were durable.',
    attributes: { 'error.type': `${codes}; only where it failed` },
    buckets: seconds,
  },
  'alerts.append.batch': {
    kind: 'histogram',
    unit: '{alert}',
    description: 'Alerts handed to the log in one call. Calls share commits, so a commit may hold more.',
    attributes: {},
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  'alerts.append.waiting': {
    kind: 'gauge',
    unit: '{alert}',
    description: 'Alerts between arrival and commit.',
    attributes: {},
  },
  'alerts.log.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes that the log takes on its disk.',
    attributes: {},
  },
  'alerts.log.newest': {
    kind: 'gauge',
    unit: '{sequence}',
    description: 'Sequence of the newest alert; 0 in a log that never kept one.',
    attributes: {},
  },
  'alerts.log.oldest': {
    kind: 'gauge',
    unit: '{sequence}',
    description: 'Sequence before the oldest alert that can still be read.',
    attributes: {},
  },
  'alerts.stream.subscribers': {
    kind: 'upDownCounter',
    unit: '{subscriber}',
    description: 'Streams that are open.',
    attributes: {},
  },
  'alerts.stream.deliveries': {
    kind: 'counter',
    unit: '{delivery}',
    description: 'Alerts given to subscribers: one alert to three of them is three deliveries.',
    attributes: {},
  },
  'alerts.stream.lag': {
    kind: 'gauge',
    unit: '{alert}',
    description: 'Alerts that the slowest subscriber is behind the log.',
    attributes: {},
  },
  'alerts.stream.ended': {
    kind: 'counter',
    unit: '{stream}',
    description: 'Streams that have ended, by reason.',
    attributes: { reason: `${codes}; CANCELLED where the subscriber left` },
  },
  'alerts.overload.shed': {
    kind: 'counter',
    unit: '{alert}',
    description: 'Alerts refused because there was more to do than could be done in time.',
    attributes: { severity, reason: 'queue, event_loop, heap, plan_lag, or load where it is not known which' },
  },
  'alerts.eventloop.delay': {
    kind: 'gauge',
    unit: 's',
    description: 'How late the event loop was, 99th percentile of the last second.',
    attributes: {},
  },
  'alerts.retention.removed': {
    kind: 'counter',
    unit: '{alert}',
    description: 'Alerts let go because they were past their retention.',
    attributes: {},
  },
  'rpc.server.call.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the first byte that the handler saw to its answer; of a stream, until it ended.',
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': 'full name of the method',
      'rpc.status_code': 'name of the gRPC status',
      'error.type': 'the same, where the status says that the server is at fault',
    },
    buckets: seconds,
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    description: 'Time since the process started.',
    attributes: {},
  },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    description: 'Processor time of the process, all threads.',
    attributes: { 'cpu.mode': 'user, system' },
  },
  'process.memory.usage': {
    kind: 'upDownCounter',
    unit: 'By',
    description: 'Memory of the process that is in RAM.',
    attributes: {},
  },
  'alerts.delivery.attempts': {
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts to deliver a notice, by how they ended.',
    attributes: {
      channel: 'a channel of the policy, by its name',
      kind: 'email, slack, webhook, pagerduty, or what the deployment has added',
      outcome: 'done, retry, reject, misconfigured, ambiguous',
      reason: 'a reason of an outcome; none where it is done',
    },
  },
  'alerts.delivery.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that one attempt took.',
    attributes: { channel: 'a channel of the policy, by its name', outcome: 'as above' },
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  'alerts.delivery.pending': {
    kind: 'gauge',
    unit: '{pair}',
    description: 'Pairs of an alert and a channel that wait to be told.',
    attributes: { channel: 'a channel of the policy, by its name' },
  },
  'alerts.delivery.dead': {
    kind: 'gauge',
    unit: '{pair}',
    description: 'Pairs of an alert and a channel whose delivery was given up.',
    attributes: { channel: 'a channel of the policy, by its name' },
  },
  'alerts.response.attempts': {
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts to act, and to take back, by how they ended.',
    attributes: {
      responder: 'a responder of the policy, by its name',
      kind: 'block-address, lock-account, webhook-action and so on, or what the deployment has added',
      act: 'respond, revert',
      outcome: 'done, retry, reject, misconfigured, ambiguous',
      reason: 'a reason of an outcome; none where it is done',
    },
  },
  'alerts.response.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that one attempt to act took.',
    attributes: { responder: 'a responder of the policy, by its name', act: 'respond, revert', outcome: 'as above' },
    buckets: [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  'alerts.channel.breaker': {
    kind: 'gauge',
    unit: '{state}',
    description:
      'Whether a channel is called: 0 it is, 1 one attempt is to show how its peer is, 2 it is not, since attempts failed.',
    attributes: { channel: 'a channel of the policy, by its name' },
  },
  'alerts.canary.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the last canary of a channel was delivered, or since the first was sent where none ever was; only for ' +
      'channels with `canary_every`.',
    attributes: { channel: 'a channel of the policy, by its name' },
  },
  'alerts.accounting.imbalance': {
    kind: 'gauge',
    unit: '{pair}',
    description: 'Pairs that are not accounted for: accepted less all the others. Anything but 0 is a defect.',
    attributes: { channel: 'a channel of the policy, by its name' },
  },
  'alerts.detections.raised': {
    kind: 'counter',
    unit: '{alert}',
    description: 'Alerts that detections raised.',
    attributes: { detection: 'a detection of the policy, by its name' },
  },
  'alerts.plan.lag': {
    kind: 'gauge',
    unit: '{alert}',
    description: 'Alerts that are kept and not planned yet.',
    attributes: {},
  },
  'alerts.retention.unplanned': {
    kind: 'counter',
    unit: '{alert}',
    description: 'Alerts that the bound of the size of the log took before they were planned: nobody was told of them.',
    attributes: {},
  },
  'alerts.retention.pruned': {
    kind: 'counter',
    unit: '{row}',
    description: 'Incidents, deliveries, silences and request ids that were let go because of their age.',
    attributes: {},
  },
  'alerts.incidents.overdue': {
    kind: 'gauge',
    unit: '{incident}',
    description: 'Incidents that are open and should have been acknowledged by now.',
    attributes: { severity: 'LOW to CRITICAL' },
  },
  'alerts.incidents.breached': {
    kind: 'counter',
    unit: '{breach}',
    description: 'Response times that ran out without an acknowledgement, each time that they did.',
    attributes: { severity: 'LOW to CRITICAL' },
  },
  'alerts.policy.reloads': {
    kind: 'counter',
    unit: '{reload}',
    description: 'Attempts to put another policy in force, by what set them off and how they ended.',
    attributes: {
      cause: 'start, signal, file, call',
      outcome: 'in_force, unchanged, refused',
      reason: `${codes}; only where the outcome is refused`,
    },
  },
  'alerts.policy.reload.successful': {
    kind: 'gauge',
    unit: '{success}',
    description: 'Whether the last attempt to put another policy in force was not refused: 1, else 0.',
    attributes: {},
  },
  'alerts.policy.loaded': {
    kind: 'gauge',
    unit: 's',
    description: 'When the policy in force was put in force, in seconds since 1970.',
    attributes: {},
  },
  'alerts.policy.info': {
    kind: 'gauge',
    unit: '{policy}',
    description: 'The policy in force, as 1; those that were in force before, as 0.',
    attributes: { version: 'its version, of 12 hexadecimal digits' },
  },
  'alerts.responses.standing': {
    kind: 'gauge',
    unit: '{response}',
    description: 'Responses of which something is still to become, by where they are.',
    attributes: {
      playbook: 'a playbook of the policy, by its name',
      responder: 'a responder of the policy, by its name',
      state: 'waiting, planned, executing, in_force, unknown, reverting',
    },
  },
  'alerts.responses.reverts.overdue': {
    kind: 'gauge',
    unit: '{response}',
    description: 'Responses that should have been taken back 30 s ago or earlier, and still stand. It should be 0.',
    attributes: {},
  },
  'alerts.responses.trips': {
    kind: 'gauge',
    unit: '{trip}',
    description: 'Scopes in which nothing is done unasked for a while, because too much was.',
    attributes: { scope: 'all, playbook, responder, source, origin' },
  },
  'alerts.responses.stopped': {
    kind: 'gauge',
    unit: '{switch}',
    description: 'Whether the switch that stops everything that acts is on: 1, else 0.',
    attributes: {},
  },
  'alerts.decisions.standing': {
    kind: 'gauge',
    unit: '{decision}',
    description: 'Decisions in force, that services are to enforce.',
    attributes: { kind: 'a kind of decision, such as block_address' },
  },
  'alerts.decisions.enforcers': {
    kind: 'gauge',
    unit: '{enforcer}',
    description: 'Services that said what they enforce, by whether that is everything up to the newest change.',
    attributes: { current: 'true, false' },
  },
  'alerts.audit.entries': {
    kind: 'gauge',
    unit: '{entry}',
    description: 'Entries of the audit that the store has committed.',
    attributes: {},
  },
  'alerts.audit.uncovered': {
    kind: 'gauge',
    unit: '{entry}',
    description: 'Entries that no checkpoint covers yet: until one does, nothing proves them.',
    attributes: {},
  },
  'alerts.audit.healthy': {
    kind: 'gauge',
    unit: '{log}',
    description: 'Whether the audit log can be written and is what it was: 1, else 0, and then no response is made.',
    attributes: {},
  },
  'alerts.audit.checkpoint.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'Seconds since this process signed its newest checkpoint. It grows while there is nothing to cover: to be read with the entries that are not covered.',
    attributes: {},
  },
  'alerts.audit.uncosigned': {
    kind: 'gauge',
    unit: '{entry}',
    description: 'Entries that a checkpoint covers and the witness has not cosigned. Only where there is a witness.',
    attributes: {},
  },
  'alerts.audit.cosignature.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'Seconds since the witness cosigned, by the time in its cosignature; before its first one, since the start of this process. Only where there is a witness.',
    attributes: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of an instrument. */
export type MetricName = keyof typeof metricDefinitions;
