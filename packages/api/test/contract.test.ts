import { createFileRegistry, type DescField, type DescMessage, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from '@jest/globals';
import {
  AlertServiceService,
  AuditServiceService,
  DeliveryServiceService,
  GatewayServiceService,
  descriptorSet,
  IdentityServiceService,
  IncidentServiceService,
  PolicyServiceService,
  ResponseServiceService,
  SilenceServiceService,
  WireSeverity,
} from '@therapytrain/alerts-api';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet()));
const ours = 'therapytrain.alerts.v1';
const message = (name: string): DescMessage => {
  const found = registry.getMessage(`${ours}.${name}`);
  if (!found) throw new Error(`there is no message ${name}`);
  return found;
};
const all = [...registry].filter(({ typeName }) => typeName.startsWith(`${ours}.`));

const services = {
  AlertService: AlertServiceService,
  IncidentService: IncidentServiceService,
  SilenceService: SilenceServiceService,
  DeliveryService: DeliveryServiceService,
  PolicyService: PolicyServiceService,
  GatewayService: GatewayServiceService,
  IdentityService: IdentityServiceService,
  AuditService: AuditServiceService,
  ResponseService: ResponseServiceService,
} as const;

test('every service of the contract is generated', () => {
  const names = all.filter(({ kind }) => kind === 'service').map(({ typeName }) => typeName);
  expect(names.sort()).toEqual(
    Object.keys(services)
      .map((name) => `${ours}.${name}`)
      .sort(),
  );
});

describe('the contract that is published and the code that is generated', () => {
  test.each(Object.entries(services))('have the same RPCs of %s, under the same paths', (serviceName, generated) => {
    const contract = registry
      .getService(`${ours}.${serviceName}`)
      ?.methods.map(({ name, localName, methodKind }) => [
        localName,
        `/${ours}.${serviceName}/${name}`,
        methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
        methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
      ]);
    const methods = Object.entries(generated).map(([name, { path, requestStream, responseStream }]) => [
      name,
      path,
      requestStream,
      responseStream,
    ]);
    expect(methods).toEqual(contract);
  });

  test('have the RPCs that architecture.md names', () => {
    expect(Object.values(services).map((service) => Object.keys(service))).toEqual([
      ['reportAlert', 'reportAlerts', 'getAlert', 'listAlerts', 'streamAlerts', 'explainAlert'],
      [
        'getIncident',
        'listIncidents',
        'acknowledgeIncident',
        'resolveIncident',
        'assignIncident',
        'commentIncident',
        'streamIncidents',
      ],
      ['createSilence', 'previewSilence', 'listSilences', 'expireSilence'],
      ['listDeliveries', 'listDeadLetters', 'replayDeadLetters', 'getAccounting'],
      ['getPolicy', 'checkPolicy', 'reloadPolicy', 'simulatePolicy'],
      ['getStatus'],
      ['createToken', 'listTokens', 'revokeToken', 'whoAmI'],
      [
        'listAuditEntries',
        'getCheckpoint',
        'proveEntry',
        'proveConsistency',
        'exportReceipt',
        'signAuditReview',
        'eraseSubject',
      ],
      [
        'getResponse',
        'listResponses',
        'approveResponse',
        'rejectResponse',
        'revertResponse',
        'getKillSwitch',
        'setKillSwitch',
        'streamDecisions',
        'acknowledgeDecisions',
        'listEnforcers',
      ],
    ]);
  });

  test('have the same severities: ordered numbers, and 0 for what was not said', () => {
    const values = registry.getEnum(`${ours}.AlertSeverity`)?.values.map(({ name, number }) => [name, number]);
    expect(values).toEqual([
      ['ALERT_SEVERITY_UNSPECIFIED', 0],
      ['ALERT_SEVERITY_LOW', 1],
      ['ALERT_SEVERITY_MEDIUM', 2],
      ['ALERT_SEVERITY_HIGH', 3],
      ['ALERT_SEVERITY_CRITICAL', 4],
    ]);
    expect(WireSeverity).toEqual({ UNSPECIFIED: 0, LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4, UNRECOGNIZED: -1 });
  });

  test('the descriptor set holds all that it imports, so that reflection can answer', () => {
    for (const name of [
      'google.protobuf.Struct',
      'google.protobuf.Timestamp',
      'google.protobuf.Duration',
      'google.rpc.Status',
    ]) {
      expect(registry.getMessage(name)?.typeName).toBe(name);
    }
  });
});

describe('the shape of the contract', () => {
  const kindOf = (field: DescField): string =>
    [
      field.fieldKind,
      field.scalar === undefined ? '' : ScalarType[field.scalar],
      field.message?.typeName,
      field.enum?.typeName,
    ].join(' ');

  test('what a report and an alert share has the same number and type in both', () => {
    const alert = new Map(message('Alert').fields.map((field) => [field.name, field]));
    const shared = message('ReportAlertRequest').fields.filter(({ name }) => alert.has(name));
    expect(shared.map(({ name }) => name)).toEqual([
      'type',
      'severity',
      'message',
      'metadata',
      'occurred_at',
      'dedup_key',
      'trace_parent',
    ]);
    for (const field of shared) {
      const other = alert.get(field.name);
      expect([field.name, field.number, kindOf(field)]).toEqual([other?.name, other?.number, other && kindOf(other)]);
    }
  });

  test('a report cannot say what only the gateway knows, and never will: the numbers are reserved', () => {
    const report = message('ReportAlertRequest');
    const taken = new Set(report.fields.map(({ number }) => number));
    const reserved = report.proto.reservedRange.flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, at) => start + at),
    );
    const alertOnly = message('Alert')
      .fields.filter(({ number }) => !taken.has(number))
      .map(({ number }) => number);
    expect(reserved).toEqual(alertOnly);
    expect(report.proto.reservedName).toEqual(['sequence', 'source', 'received_at', 'fingerprint', 'incident_id']);
  });

  test('every RPC has a request and a response of its own', () => {
    const used = Object.keys(services).flatMap((service) =>
      (registry.getService(`${ours}.${service}`)?.methods ?? []).flatMap(({ name, input, output }) => {
        expect([input.name, output.name]).toEqual([`${name}Request`, `${name}Response`]);
        return [input.typeName, output.typeName];
      }),
    );
    expect(used.length).toBe(94);
    expect(new Set(used).size).toBe(used.length);
  });

  test('every change has a request id, and every page its token', () => {
    const fieldsOf = (name: string): string[] => message(name).fields.map((field) => field.name);
    for (const name of ['Acknowledge', 'Resolve', 'Assign', 'Comment']) {
      expect(fieldsOf(`${name}IncidentRequest`)).toEqual(expect.arrayContaining(['request_id', 'incident_id', 'etag']));
    }
    for (const name of ['CreateSilence', 'ExpireSilence', 'ReplayDeadLetters']) {
      expect(fieldsOf(`${name}Request`)).toContain('request_id');
    }
    for (const name of ['Alerts', 'Incidents', 'Silences', 'Deliveries', 'DeadLetters']) {
      expect(fieldsOf(`List${name}Request`)).toEqual(expect.arrayContaining(['page_size', 'page_token']));
      expect(fieldsOf(`List${name}Response`)).toContain('next_page_token');
    }
  });

  test('times, spans and enums are as everywhere', () => {
    for (const each of all) {
      if (each.kind === 'enum')
        expect(each.values[0]).toMatchObject({ number: 0, name: expect.stringMatching(/_UNSPECIFIED$/) });
      if (each.kind !== 'message') continue;
      for (const { name, message: type } of each.fields) {
        if (/(?:_at|_time|^since)$/.test(name))
          expect([name, type?.typeName]).toEqual([name, 'google.protobuf.Timestamp']);
        if (/_(?:delay|after|timeout)$/.test(name))
          expect([name, type?.typeName]).toEqual([name, 'google.protobuf.Duration']);
      }
    }
  });
});
