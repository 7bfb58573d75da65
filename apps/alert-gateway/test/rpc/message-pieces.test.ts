import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StreamDecoder } from '@grpc/grpc-js/build/src/stream-decoder.js';
import { boundMessagePieces, pieceBounds } from '../../src/rpc/message-pieces.ts';

let undo: () => void;
beforeEach(() => {
  undo = boundMessagePieces();
});
afterEach(() => undo());

const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const message = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));

const inPieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));

const held = (decoder: StreamDecoder): number =>
  (decoder as unknown as { readonly readPartialMessage: readonly Buffer[] }).readPartialMessage.length;

describe('a message that comes in pieces', () => {
  test.each([32, 33, 100, 1_400, 16_384])('of %d bytes is the same message, and few pieces are held', (size) => {
    const decoder = new StreamDecoder(300_000);
    const whole = [message(200_000), message(10), message(70_000)].map(framed);
    let most = 0;
    const messages = inPieces(Buffer.concat(whole), size).flatMap((piece) => {
      const ended = decoder.write(piece);
      most = Math.max(most, held(decoder));
      return ended;
    });
    expect(messages.map((each) => Buffer.compare(each, whole[messages.indexOf(each)] as Buffer))).toEqual([0, 0, 0]);
    expect(most).toBeLessThanOrEqual(pieceBounds.together + 1);
  });

  test('of one byte is refused once there are too many, long before it is there', () => {
    const decoder = new StreamDecoder(300_000);
    let pieces = 0;
    const drip = (): void => {
      for (const piece of inPieces(framed(message(60_000)), 1)) {
        decoder.write(piece);
        pieces++;
      }
    };
    expect(drip).toThrow('Received message in too many pieces');
    expect(pieces).toBeLessThan(400);
  });

  test('of one byte is taken where the message is small', () => {
    const decoder = new StreamDecoder(300_000);
    for (let times = 0; times < 50; times++) {
      expect(inPieces(framed(message(200)), 1).flatMap((piece) => decoder.write(piece))).toEqual([
        framed(message(200)),
      ]);
    }
  });

  test('is kept piece by piece without the bound: what is bounded here is there', () => {
    undo();
    const decoder = new StreamDecoder(300_000);
    for (const piece of inPieces(framed(message(60_000)), 1).slice(0, -1)) decoder.write(piece);
    expect(held(decoder)).toBeGreaterThan(59_000);
  });
});
