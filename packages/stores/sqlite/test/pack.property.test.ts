import { expect, test } from '@jest/globals';
import { uuidBytes as uuidBytesOfCore } from '@therapytrain/alerts-core';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { pack, packedSize, unpack } from '../src/pack.ts';
import { uuidBytes, uuidText } from '../src/uuid.ts';

const ports = testPorts();

const alerts = fc
  .record({
    source: fc.constantFrom('a', 'b', 'ü', ''),
    requestId: fc.option(fc.uuid(), { nil: undefined }),
    encoded: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ source, requestId, encoded }) => ({
    alert: { ...stamp(draftOf(0), ports).alert, source },
    requestId,
    encoded,
  }));

const calls = fc.array(fc.array(alerts, { maxLength: 5 }), { maxLength: 5 });

test('what is packed is what comes out, in its order', () => {
  fc.assert(
    fc.property(calls, (some) => {
      const all = some.flat();
      const packed = pack(
        some.map((each) => ({ alerts: each })),
        all.length,
        packedSize(all),
      );
      const out = [...unpack(packed)].map(({ source, request, encoded }) => ({
        source: packed.sources[source],
        request: uuidText(request),
        encoded: Buffer.from(encoded).toString('hex'),
      }));
      expect(out).toEqual(
        all.map(({ alert, requestId, encoded }) => ({
          source: alert.source,
          request: requestId ?? alert.id,
          encoded: Buffer.from(encoded).toString('hex'),
        })),
      );
      expect(packed.sources).toEqual([...new Set(all.map(({ alert }) => alert.source))]);
    }),
  );
});

test('a UUID is the same 16 bytes in either case, and the same text again', () => {
  fc.assert(
    fc.property(fc.uuid(), (text) => {
      expect(Buffer.from(uuidBytes(text))).toEqual(Buffer.from(uuidBytesOfCore(text)));
      expect(uuidBytes(text.toUpperCase())).toEqual(uuidBytes(text));
      expect(uuidText(uuidBytes(text))).toBe(text);
    }),
  );
});
