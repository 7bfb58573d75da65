export { alertDrafts, metadataOf } from './alert-drafts.ts';
export { draftOf, requestIdOf, type NumberedDraft } from './draft-of.ts';
export { createFakeClock, epoch, type FakeClock } from './fake-clock.ts';
export type { LogCheck, LogSubject, OpenLog } from './log-checks/subject.ts';
export { logChecks, logContract, type LogContractOptions, type TestRunner } from './log-contract.ts';
export { seededRandom } from './seeded-random.ts';
export { defaultSource, stamp } from './stamp.ts';
export { testPorts, type TestPorts, type TestPortsOptions } from './test-ports.ts';
export { waitFor, type WaitOptions } from './wait-for.ts';
