import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { framed } from '../payload.ts';
import { connectCounting, type CountingConnection, createFrameReader, encodeFrame } from './frames.ts';

describe('the frame reader', () => {
  const frames = [
    encodeFrame(0, 1, 5, Buffer.from('abc')),
    encodeFrame(4, 0, 0, Buffer.alloc(0)),
    encodeFrame(0, 0, 7, Buffer.alloc(70_000, 1)),
  ];
  const bytes = Buffer.concat(frames);

  test.each([1, 8, 9, 10, 4_096, bytes.length])('finds each frame in pieces of %d bytes', (size) => {
    const found: string[] = [];
    const read = createFrameReader((type, flags, stream, _, from, to) => {
      found.push(`${type} ${flags} ${stream} ${to - from}`);
    });
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
    expect(found).toEqual(['0 1 5 3', '4 0 0 0', '0 0 7 70000']);
  });
});

describe('a counting connection, with an HTTP/2 server of Node', () => {
  let server: Http2Server;
  let connection: CountingConnection;
  let serve: (stream: ServerHttp2Stream, path: string, body: Buffer) => void;

  beforeEach(async () => {
    server = createServer();
    server.on('stream', (stream, headers) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => serve(stream, String(headers[':path']), Buffer.concat(parts)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const start = (events: Parameters<typeof connectCounting>[1]): CountingConnection => {
    connection = connectCounting(`127.0.0.1:${(server.address() as AddressInfo).port}`, events);
    return connection;
  };

  test('sends what it is told, and counts the alerts that come on each stream', async () => {
    const asked: string[] = [];
    serve = (stream, path, body) => {
      asked.push(`${path} ${body.toString()}`);
      stream.respond({ ':status': 200 });
      for (let each = 0; each < 50; each++) stream.write(framed(Buffer.alloc(1 + each * 100, 0x0a)));
      stream.write(framed(Buffer.from([0x12, 0])));
    };
    const counted = new Map<number, number>();
    let opened = 0;
    await new Promise<void>((resolve, reject) => {
      const { open } = start({
        opened: () => void opened++,
        alerts: (stream, count) => {
          counted.set(stream, (counted.get(stream) ?? 0) + count);
          if ([...counted.values()].reduce((sum, each) => sum + each, 0) === 150) resolve();
        },
        ended: (what) => reject(new Error(what)),
      });
      for (const name of ['a', 'b', 'c']) open('StreamAlerts', Buffer.from(name));
    });
    expect(opened).toBe(3);
    expect([...counted]).toEqual([
      [1, 50],
      [3, 50],
      [5, 50],
    ]);
    expect(asked).toEqual(['a', 'b', 'c'].map((name) => `/therapytrain.alerts.v1.AlertService/StreamAlerts ${name}`));
  });

  test('tells when the server ends a stream', async () => {
    serve = (stream) => {
      stream.respond({ ':status': 200 });
      stream.end();
    };
    const what = await new Promise((resolve) => {
      start({ opened: () => {}, alerts: () => {}, ended: resolve }).open('StreamAlerts', Buffer.alloc(0));
    });
    expect(what).toBe('stream 1');
  });
});
