/** Values that were planted, by the place where they went in. */
export type Planted = Readonly<Record<string, string>>;

// What is in base64 reads differently by where in its three bytes it begins; the characters at the ends are shared with
// what stands beside it.
const inBase64 = (value: string): string[] =>
  [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    return bytes.toString('base64').slice(before && before + 1, Math.floor((bytes.length * 8) / 6));
  });

const formsOf = (value: string): string[] => [value, Buffer.from(value).toString('hex'), ...inBase64(value)];

/** Where the values went in that the text holds: as they are, in hex or in base64, in which OTLP has bytes. */
export const plantedIn = (text: string, planted: Planted): string[] =>
  Object.entries(planted)
    .filter(([, value]) => formsOf(value).some((form) => text.includes(form)))
    .map(([place]) => place);
