import { fileURLToPath } from 'node:url';

/** The Jest configuration of every package: sources as they are, native ES modules, no build needed. */
export const preset = (displayName) => ({
  displayName,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@therapytrain/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      fileURLToPath(import.meta.resolve('@swc/jest')),
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/out-tsc/'],
  modulePathIgnorePatterns: ['/dist/', '/out-tsc/'],
  workerIdleMemoryLimit: '512MB',
  collectCoverageFrom: ['src/**/*.ts', '!src/gen/**'],
  coverageReporters: ['text-summary', 'json-summary'],
});
