// The wire form alone, for threads that need nothing else: the whole package takes half a second of a processor and
// 40 MB to load, this a few milliseconds.
export { decodeAlert } from './decode.ts';
export { encodedId, withSequence } from './encode.ts';
export { contentDigest, sameContent, sameDigest } from './same.ts';
