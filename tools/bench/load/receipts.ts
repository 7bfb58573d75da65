const headSize = 5;
const receiptTag = 0x0a;
const refusalTag = 0x12;

/** What the results of batches were. */
export interface Results {
  receipts: number;
  refusals: number;
  messages: number;
}

// A length of at most two bytes, as those of receipts and refusals are: its value, and where it ends.
const lengthAt = (bytes: Buffer, at: number): readonly [length: number, end: number] => {
  const low = bytes[at] ?? 0;
  return low < 0x80 ? [low, at + 1] : [(low & 0x7f) + (bytes[at + 1] ?? 0) * 128, at + 2];
};

// Looks at the first byte of each `ReportAlertResult` of one `ReportAlertsResponse`: which of the two it holds.
const countResults = (bytes: Buffer, from: number, to: number, into: Results): void => {
  for (let at = from; at < to;) {
    const [length, start] = lengthAt(bytes, at + 1);
    const tag = bytes[start];
    if (tag === receiptTag) into.receipts++;
    else if (tag === refusalTag) into.refusals++;
    else throw new Error('an answer is not a list of results');
    at = start + length;
  }
};

/** Counts the results in the answers of one stream, without decoding them: the load must cost less than the server. */
export const createResultCounter = (): ((part: Buffer) => Results) => {
  let rest: Buffer = Buffer.alloc(0);
  return (part) => {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const results: Results = { receipts: 0, refusals: 0, messages: 0 };
    let at = 0;
    while (bytes.length - at >= headSize) {
      const end = at + headSize + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      countResults(bytes, at + headSize, end, results);
      results.messages++;
      at = end;
    }
    rest = bytes.subarray(at);
    return results;
  };
};
