// A zone that is not UTC, so that a time which is read or written in the machine's own zone fails a test everywhere.
process.env.TZ = 'Asia/Kolkata'

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['**/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  // TypeScript writes `.ts` imports as `.js`; here they are resolved before that.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Types are checked by `npm run typecheck`, once for everything, and not again in each test file.
  transform: { '\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
  collectCoverageFrom: ['src/**/*.ts'],
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: { global: { lines: 100, branches: 100, functions: 100, statements: 100 } },
  // Only a test that hangs takes as long, even on a busy machine.
  testTimeout: 120_000,
  maxWorkers: 2
}
