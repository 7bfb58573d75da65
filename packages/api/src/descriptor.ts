import { readFileSync } from 'node:fs';

/** The contract as an encoded `google.protobuf.FileDescriptorSet`, with all that it imports: for reflection and tools. */
export const descriptorSet = (): Buffer => readFileSync(new URL('../proto/alerts.binpb', import.meta.url));
