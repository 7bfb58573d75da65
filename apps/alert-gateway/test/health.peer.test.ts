import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import { openGateway } from './support.ts';
import { healthOf } from './support/health.ts';

const services = [
  '',
  'therapytrain.alerts.v1.AlertService',
  'therapytrain.alerts.v1.IncidentService',
  'therapytrain.alerts.v1.SilenceService',
  'therapytrain.alerts.v1.DeliveryService',
  'therapytrain.alerts.v1.PolicyService',
  'therapytrain.alerts.v1.GatewayService',
  'therapytrain.alerts.v1.ResponseService',
  'therapytrain.alerts.v1.IdentityService',
  'therapytrain.alerts.v1.AuditService',
];

describe('grpc.health.v1', () => {
  test.each(services)('Check tells of %j', async (service) => {
    const { gateway } = await openGateway({ inMemory: true });
    expect((await healthOf(gateway.address).check(service)).response).toEqual({ status: 'SERVING' });
  });

  test('Check does not know what is not there', async () => {
    const { gateway } = await openGateway({ inMemory: true });
    expect((await healthOf(gateway.address).check('nobody')).refusal).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('List tells of all of them', async () => {
    const { gateway } = await openGateway({ inMemory: true });
    const { response } = await healthOf(gateway.address).list();
    expect(response?.statuses).toEqual(Object.fromEntries(services.map((name) => [name, { status: 'SERVING' }])));
  });

  test('Watch tells at once, then that the gateway stops, and then ends, so that nobody is waited for', async () => {
    const gateway = await openGateway({ inMemory: true });
    const health = healthOf(gateway.gateway.address);
    const watches = [...services, 'nobody'].map((service) => health.watch(service));
    await waitFor(() => watches.every(({ told }) => told.length === 1), { what: 'the first status' });
    const began = performance.now();
    await gateway.stop(30_000);
    expect(performance.now() - began).toBeLessThan(15_000);
    await waitFor(() => watches.every(({ told }) => told.at(-1) === 'ended with 14'), { what: 'the end' });
    expect(watches.map(({ told }) => told.slice(0, -1))).toEqual([
      ...services.map(() => ['SERVING', 'NOT_SERVING']),
      ['SERVICE_UNKNOWN'],
    ]);
  });

  test('a watcher that has left is forgotten', async () => {
    const gateway = await openGateway({ inMemory: true });
    const watch = healthOf(gateway.gateway.address).watch();
    await waitFor(() => watch.told.length === 1);
    watch.cancel();
    await waitFor(() => watch.told.at(-1) === 'ended with 1');
    await gateway.stop(30_000);
    expect(watch.told).toEqual(['SERVING', 'ended with 1']);
  });
});
