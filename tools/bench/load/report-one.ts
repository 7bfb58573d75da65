import { type ClientHttp2Session, connect } from 'node:http2';
import { request as post, Agent } from 'node:http';
import { ReportAlertResponse } from '@therapytrain/alerts-api';
import { encodeReport } from '@therapytrain/alerts-core';
import { framed, numberedDraft, numberedPost } from '../payload.ts';
import { grpcHeaders } from './messages.ts';
import type { Teller } from './sink.ts';

const headSize = 5;

/** Reports one alert of this number, and resolves with the key by which the sink hears of it. */
export type ReportOne = (number: number) => Promise<string | number>;

const call = (session: ClientHttp2Session, body: Uint8Array): Promise<string> =>
  new Promise((resolve, reject) => {
    const stream = session.request(grpcHeaders('ReportAlert'));
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('trailers', ({ 'grpc-status': status }) => {
      if (status === '0') resolve(ReportAlertResponse.decode(Buffer.concat(parts).subarray(headSize)).alertId);
      else reject(new Error(`a report ended with status ${String(status)}`));
    });
    stream.on('error', reject);
    stream.end(framed(body));
  });

const posted = (agent: Agent, address: string, number: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = post(`http://${address}/api/v2/alerts`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve(number);
        else reject(new Error(`a post was answered with ${String(response.statusCode)}`));
      });
    });
    request.on('error', reject);
    request.end(numberedPost(number, 1));
  });

/** Makes what sends a `ReportAlertRequest` to a gateway, by the number's connection of so many; resolves with the alert's id. */
export const createCaller = (
  address: string,
  connections: number,
): ((number: number, body: Uint8Array) => Promise<string>) => {
  const sessions = Array.from({ length: connections }, () => connect(`http://${address}`));
  return (number, body) => call(sessions[number % connections] as ClientHttp2Session, body);
};

/** Makes what reports to one of the two, over so many connections. */
export const createReportOne = (teller: Teller, address: string, connections: number): ReportOne => {
  if (teller === 'Alertmanager') {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    return (number) => posted(agent, address, number);
  }
  const send = createCaller(address, connections);
  return (number) => send(number, encodeReport(numberedDraft(number)));
};
