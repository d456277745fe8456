/*
 * Runs this action under `act`, a runner that this project did not write: on this machine, without containers.
 *
 *   ACT_BIN=/path/to/act npm run e2e
 *   npm run e2e -- --testNamePattern curl
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const { ACT_BIN } = process.env
const act = ACT_BIN ?? 'act'
if (spawnSync(act, ['--version']).error) {
  console.log(`skipped: all end-to-end tests, because ${act} is not installed`)
  process.exitCode = ACT_BIN ? 1 : 0
} else {
  const jest = join(import.meta.dirname, '../../node_modules/jest/bin/jest.js')
  const node = ['--experimental-vm-modules', '--no-warnings', jest]
  const options = ['--runInBand', '--verbose', '--testMatch', '**/__tests__/e2e/*.e2e.ts']
  const { status } = spawnSync(process.execPath, [...node, ...options, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ACT_BIN: act }
  })
  process.exitCode = status ?? 1
}
