import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type MethodDefinition,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { AlertServiceService } from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertLog,
  type AlertSeverity,
  type AlertTypes,
  type AppendResult,
  type Principal,
} from '@therapytrain/alerts-core';
import type { Flow } from '@therapytrain/alerts-manager';
import type { Admission } from '../admission.ts';
import type { Tokens } from '../stream/cursor.ts';
import type { Hub } from '../stream/hub.ts';
import type { Topics } from '../stream/topics.ts';
import type { View } from '../identity/view.ts';
import { callerOf } from './caller.ts';
import { createGetAlert, createListAlerts } from './read-alerts.ts';
import { createReportAlert } from './report-alert.ts';
import { createReportBatch, serveReportStream } from './report-alerts.ts';
import { asAlertError, statusOf } from './status.ts';
import { subscribe } from './stream-alerts.ts';
import { bytesOnly, type Handle, type Unary } from './unary.ts';

/** What `AlertService` is made of. */
export interface AlertRpcParts {
  readonly flow: Flow;
  readonly types: () => AlertTypes;
  readonly log: AlertLog;
  readonly hub: Hub;
  readonly topics: Topics;
  readonly tokens: Tokens;
  readonly admission: Admission;
  readonly views: (principal: Principal) => View;
  /** The initial metadata that tells a client which version it speaks to. */
  readonly greet: () => Metadata;
  /** The `traceparent` of the call that is being served; empty if it is not traced. */
  readonly traceParent: () => string;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
  readonly onReported: OnReported;
  /** Wraps a handler in its span and metrics. */
  readonly observe: ObserveHandlers;
  /** Makes a handler of ours one of grpc-js. */
  readonly unary: Unary;
  /** `ExplainAlert`: it asks the desk, not the log. */
  readonly explain: Handle;
}

/** Told of each report that was answered, with type and severity as far as they could be read. */
export type OnReported = (type: string | undefined, severity: AlertSeverity | undefined, result: AppendResult) => void;

/** How telemetry gets between the server and a handler. */
export interface ObserveHandlers {
  unary(method: string, handler: handleUnaryCall<Buffer, Buffer>): handleUnaryCall<Buffer, Buffer>;
  bidi(method: string, handler: handleBidiStreamingCall<Buffer, Buffer>): handleBidiStreamingCall<Buffer, Buffer>;
  /** The handler's promise, if it returns one, tells when the stream has begun. */
  stream(
    method: string,
    handler: (call: ServerWritableStream<Buffer, Buffer>) => void | Promise<void>,
  ): handleServerStreamingCall<Buffer, Buffer>;
}

/** The service as grpc-js takes it, and how to end it. */
export interface AlertRpc {
  readonly definition: Readonly<Record<string, MethodDefinition<Buffer, Buffer>>>;
  readonly handlers: UntypedServiceImplementation;
  /** Ends the streams that would otherwise stay open: reports after what was sent is answered, subscribers at once. */
  drain(): void;
}

const retryDelay = 1_000;

/** Ties the RPCs of `AlertService` to the flow and the log. */
export const createAlertRpc = (parts: AlertRpcParts): AlertRpc => {
  const { log, tokens, observe, unary } = parts;
  const refuse = (thrown: unknown) => statusOf(asAlertError(thrown, parts.onDefect));
  const report = createReportAlert(parts);
  const reportBatch = createReportBatch(parts);
  const reportStreams = new Set<ReturnType<typeof serveReportStream>>();
  const reportAlerts: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const fail = (error: unknown): void => void call.emit('error', Object.assign(new Error(), refuse(error)));
    let principal: Principal;
    try {
      ({ principal } = callerOf(call.metadata));
    } catch (error) {
      return fail(error);
    }
    const stream = serveReportStream(call, (message) => reportBatch(message, principal), fail);
    reportStreams.add(stream);
    call.on('close', () => reportStreams.delete(stream));
    call.on('cancelled', () => reportStreams.delete(stream));
  };
  const streamAlerts = async (call: ServerWritableStream<Buffer, Buffer>): Promise<void> => {
    call.sendMetadata(parts.greet());
    try {
      await subscribe(call, parts, parts.views(callerOf(call.metadata).principal));
    } catch (error) {
      call.emit('error', Object.assign(new Error(), refuse(error)));
    }
  };
  return {
    definition: Object.fromEntries(Object.entries(AlertServiceService).map(([name, each]) => [name, bytesOnly(each)])),
    handlers: {
      reportAlert: observe.unary(
        'ReportAlert',
        unary((message, _source, { principal }) => report(message, principal)),
      ),
      reportAlerts: observe.bidi('ReportAlerts', reportAlerts),
      getAlert: observe.unary('GetAlert', unary(createGetAlert(log), true)),
      listAlerts: observe.unary('ListAlerts', unary(createListAlerts(log, tokens), true)),
      streamAlerts: observe.stream('StreamAlerts', streamAlerts),
      explainAlert: observe.unary('ExplainAlert', unary(parts.explain, true)),
    },
    drain: () => {
      const error = new AlertError('DRAINING', 'the gateway is stopping', { retryAfter: retryDelay });
      for (const stream of reportStreams) stream.drain(error);
      parts.hub.drain(retryDelay);
    },
  };
};
