import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { joinFields } from '@therapytrain/alerts-core';
import { after, openGateway, rawCall } from './support.ts';

interface ReflectionResponse {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage: string };
}

interface Method {
  readonly path: string;
  requestSerialize(value: object): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

const { resolve } = createRequire(createRequire(import.meta.url).resolve('../package.json'));
const versions = ['v1', 'v1alpha'] as const;

const methodsOf = (definition: PackageDefinition, service: string): Readonly<Record<string, Method>> =>
  definition[service] as unknown as Readonly<Record<string, Method>>;

const infoMethod = (version: (typeof versions)[number]): Method => {
  const file = resolve(`@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`);
  const method = methodsOf(loadSync(file, { oneofs: true }), `grpc.reflection.${version}.ServerReflection`);
  if (!method['ServerReflectionInfo']) throw new Error('the proto has no such method');
  return method['ServerReflectionInfo'];
};

/** Asks one thing and half-closes. */
const askOf =
  (address: string, version: (typeof versions)[number]) =>
  (request: object): Promise<ReflectionResponse> => {
    const client = new Client(address, credentials.createInsecure());
    after(() => client.close());
    const { path, requestSerialize, responseDeserialize } = infoMethod(version);
    return new Promise((done, fail) => {
      const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      call.on('data', (response) => done(response as ReflectionResponse));
      call.on('error', fail);
      call.write(request);
      call.end();
    });
  };

describe.each(versions)('reflection %s', (version) => {
  test('lists the service', async () => {
    const { gateway } = await openGateway({ inMemory: true, reflection: true });
    const { listServicesResponse } = await askOf(gateway.address, version)({ listServices: '*' });
    expect(listServicesResponse?.service.map(({ name }) => name)).toContain('therapytrain.alerts.v1.AlertService');
  });

  test('describes it well enough to call it with nothing else at hand', async () => {
    const { gateway } = await openGateway({ inMemory: true, reflection: true });
    const ask = askOf(gateway.address, version);
    const files = async (request: object): Promise<readonly Buffer[]> =>
      (await ask(request)).fileDescriptorResponse?.fileDescriptorProto ?? [];
    const own = await files({ fileContainingSymbol: 'therapytrain.alerts.v1.AlertService' });
    const status = await files({ fileByFilename: 'google/rpc/status.proto' });
    expect(status).not.toEqual([]);
    expect(await files({ fileContainingSymbol: 'google.rpc.Status' })).toEqual(status);
    const all = new Map([...own, ...status].map((file) => [file.toString('base64'), file]));
    const definition = loadFileDescriptorSetFromBuffer(joinFields([...all.values()].map((file) => [1, file])), {
      longs: String,
    });
    expect(Object.keys(definition)).toContain('google.rpc.Status');
    const methods = methodsOf(definition, 'therapytrain.alerts.v1.AlertService');
    expect(Object.keys(methods).sort()).toEqual([
      'ExplainAlert',
      'GetAlert',
      'ListAlerts',
      'ReportAlert',
      'ReportAlerts',
      'StreamAlerts',
    ]);
    const { path = '', requestSerialize, responseDeserialize } = methods['ReportAlert'] ?? {};
    if (!requestSerialize || !responseDeserialize) throw new Error('there is no ReportAlert');
    const client = new Client(gateway.address, credentials.createInsecure());
    after(() => client.close());
    const response = await new Promise((done, fail) =>
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { type: 'AUTH_FAILURE', severity: 'ALERT_SEVERITY_HIGH', message: 'by reflection' },
        (error: ServiceError | null, answer: unknown) => (error ? fail(error) : done(answer)),
      ),
    );
    expect(response).toMatchObject({ alert_id: expect.any(String), sequence: '1' });
  });

  test('does not know what is not there', async () => {
    const { gateway } = await openGateway({ inMemory: true, reflection: true });
    const { errorResponse } = await askOf(gateway.address, version)({ fileContainingSymbol: 'nobody.Nothing' });
    expect(errorResponse?.errorCode).toBe(5);
  });
});

test('there is no reflection unless it is asked for', async () => {
  const { gateway, client } = await openGateway({ inMemory: true });
  await expect(askOf(gateway.address, 'v1')({ listServices: '*' })).rejects.toMatchObject({ code: 12 });
  expect((await rawCall(client, 'Nothing', Buffer.alloc(0))).refusal?.code).toBe('UNIMPLEMENTED');
});
