/* eslint-disable no-console -- a program of its own, which tells what it saw on its standard output */
import { execFileSync } from 'node:child_process';
import { createServer as createHttps, Agent, type Server as HttpsServer } from 'node:https';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import axios from 'axios';
import { createHttp, type HttpAnswer, type Resolve } from '@therapytrain/alerts-http';
import { createTestCertificate } from '@therapytrain/alerts-testkit';
import { namespaceAddresses, publicIPv4, ssrfCases } from './ssrf-cases.ts';

/** What happened in one case. */
export interface Seen {
  readonly answer: HttpAnswer;
  /** Where connections came in while our door was asked. */
  readonly reached: readonly string[];
  /** Where connections came in while a plain axios was asked. */
  readonly controlReached: readonly string[];
}

/** What the program prints. */
export interface Isolated {
  /** Errors of reaching beyond: the proof that there is no route. */
  readonly beyond: readonly string[];
  readonly missing: readonly string[];
  readonly cases: Readonly<Record<string, Seen>>;
  readonly allowed: Seen;
  readonly literal: Seen;
  readonly redirect: Seen;
  readonly rebinding: { readonly first: Seen; readonly second: Seen; readonly lookups: number };
}

const ip = (...words: readonly string[]): boolean => {
  try {
    execFileSync('ip', words, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
};

const connected: string[] = [];
const sockets = new Set<Socket>();
const note = (socket: Socket): void => {
  connected.push((socket.localAddress ?? '').replace('::ffff:', ''));
  sockets.add(socket);
  socket.on('error', () => undefined);
};

const listen = (server: Server | HttpsServer, port: number): Promise<void> =>
  new Promise((resolve) => server.listen(port, '::', resolve));

const certificate = createTestCertificate({ names: ['hooks.test', 'hooks.test.', publicIPv4] });

const startServers = async (): Promise<void> => {
  for (const port of [443, 8443]) {
    const server = createHttps(certificate, (request, response) => {
      const elsewhere = request.url === '/redirect';
      request.resume();
      response.writeHead(elsewhere ? 302 : 200, {
        connection: 'close',
        ...(elsewhere && { location: 'https://127.0.0.1/' }),
      });
      response.end('reached');
    });
    server.on('tlsClientError', () => undefined);
    await listen(server.on('connection', note), port);
  }
  for (const port of [22, 80, 6379]) {
    const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
    await listen(
      createTcp((socket) => void (note(socket), socket.once('data', () => socket.end(reply)))),
      port,
    );
  }
};

const resolverOf = (answers: readonly (readonly string[])[]) => {
  let lookups = 0;
  const resolve: Resolve = async () => {
    const addresses = answers[Math.min(lookups++, answers.length - 1)] ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, lookups: () => lookups };
};

const during = async <T>(work: () => Promise<T>): Promise<readonly [T, readonly string[]]> => {
  connected.length = 0;
  const result = await work();
  // A connection that was made is noted by the server in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 10));
  return [result, [...connected]];
};

const never = new AbortController().signal;
const ours = (url: string, resolve: Resolve) =>
  during(async () => {
    const http = createHttp({ resolve, ca: certificate.cert });
    const answer = await http.post({ url, body: Buffer.from('x'), timeout: 2_000, signal: never });
    await http.close();
    return answer;
  });

/** What most programs do: look at the host, or at its first address, if at all; then let the library resolve and connect. */
const control = (url: string, resolve: Resolve) =>
  during(async () => {
    const lookup = async (): Promise<readonly [string, 4 | 6]> => {
      const addresses = await resolve('');
      const last = addresses.at(-1);
      return [last?.address ?? '', last?.family === 6 ? 6 : 4];
    };
    const httpsAgent = new Agent({ rejectUnauthorized: false });
    const options = { httpsAgent, lookup, proxy: false as const, timeout: 2_000, validateStatus: () => true };
    await axios.post(url, 'x', options).catch(() => undefined);
    httpsAgent.destroy();
  });

const seen = async (url: string, answers: readonly (readonly string[])[] = [[]]): Promise<Seen> => {
  const [answer, reached] = await ours(url, resolverOf(answers).resolve);
  const [, controlReached] = await control(url, resolverOf(answers).resolve);
  return { answer, reached, controlReached };
};

const rebind = async (): Promise<Isolated['rebinding']> => {
  const { resolve, lookups } = resolverOf([[publicIPv4], ['127.0.0.1']]);
  const [answer, reached] = await ours('https://hooks.test/', resolve);
  const used = lookups();
  const [again, reachedAgain] = await ours('https://hooks.test/', resolve);
  // Checks a first look-up, and lets the library make a second one.
  const naive = resolverOf([[publicIPv4], ['127.0.0.1']]);
  await naive.resolve('');
  const [, controlReached] = await control('https://hooks.test/', naive.resolve);
  return {
    first: { answer, reached, controlReached },
    second: { answer: again, reached: reachedAgain, controlReached },
    lookups: used,
  };
};

const beyond = async (): Promise<readonly string[]> => {
  const hosts = ['8.8.8.8', '1.1.1.1', '[2606:4700:4700::1111]'];
  return Promise.all(
    hosts.map((host) =>
      axios.get(`http://${host}/`, { timeout: 2_000, proxy: false }).then(String, (error) => String(error.code)),
    ),
  );
};

const main = async (): Promise<Isolated> => {
  ip('link', 'set', 'lo', 'up');
  const missing = namespaceAddresses.filter((address) => {
    const six = address.includes(':');
    return !ip(
      six ? '-6' : '-4',
      'addr',
      'add',
      `${address}/${six ? 128 : 32}`,
      'dev',
      'lo',
      ...(six ? ['nodad'] : []),
    );
  });
  await startServers();
  const cases: Record<string, Seen> = {};
  for (const { tries, url, resolves } of ssrfCases) cases[tries] = await seen(url, resolves);
  return {
    beyond: await beyond(),
    missing,
    cases,
    allowed: await seen('https://hooks.test/', [[publicIPv4]]),
    literal: await seen(`https://${publicIPv4}/`),
    redirect: await seen('https://hooks.test/redirect', [[publicIPv4]]),
    rebinding: await rebind(),
  };
};

console.log(JSON.stringify(await main()));
for (const socket of sockets) socket.destroy();
process.exit(0);
