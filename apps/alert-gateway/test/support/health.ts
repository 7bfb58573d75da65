import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { after } from '../support.ts';
import { type Answer, answerOf } from './refusal.ts';

const {
  Check: check,
  Watch: watch,
  List: list,
} = service as unknown as Record<
  'Check' | 'Watch' | 'List',
  { path: string; requestSerialize: (value: object) => Buffer; responseDeserialize: (bytes: Buffer) => unknown }
>;

/** `grpc.health.v1.Health` of a gateway, over a connection of its own. */
export interface Health {
  check(service?: string): Promise<Answer<{ readonly status: string }>>;
  list(): Promise<Answer<{ readonly statuses: Readonly<Record<string, { readonly status: string }>> }>>;
  /** Each status that it is told, in order, and at last how the stream ended. */
  watch(service?: string): { readonly told: readonly string[]; cancel(): void };
}

/** Connects to the health service of an address. */
export const healthOf = (address: string): Health => {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  after(() => client.close());
  const options = () => ({ deadline: Date.now() + 20_000 });
  const ask = <T>(method: typeof check, request: object): Promise<Answer<T>> =>
    answerOf((done) =>
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => T,
        request,
        options(),
        done,
      ),
    );
  return {
    check: (name = '') => ask(check, { service: name }),
    list: () => ask(list, {}),
    watch: (name = '') => {
      const told: string[] = [];
      const call: ClientReadableStream<{ status: string }> = client.makeServerStreamRequest(
        watch.path,
        watch.requestSerialize,
        watch.responseDeserialize as (bytes: Buffer) => { status: string },
        { service: name },
      );
      call.on('data', ({ status }: { status: string }) => told.push(status));
      call.on('error', ({ code }: Error & { code?: number }) => told.push(`ended with ${String(code)}`));
      return { told, cancel: () => call.cancel() };
    },
  };
};
