import { expect, it, jest } from '@jest/globals'
import { main, post, sweep } from '../../src/index.ts'
import { setUpRunner } from '../support/runner-env.ts'

/*
 * The entry points, in this process instead of one of their own. What they do is in the tests of `dist/`.
 */

const runner = setUpRunner()

it.each([
  ['main', main, 1, /^::error::3 invalid inputs: \(1\) `client-secret`:/],
  ['post', post, 0, /^The main step saved no token, so there is nothing to revoke\.$/],
  ['sweep', sweep, 1, /^::error::3 invalid inputs: /]
])('main, post and sweep log one line, and end the process: %s', async (_name, entry, code, line) => {
  const exit = jest.spyOn(process, 'exit').mockReturnValue(undefined as never)
  jest.spyOn(process, 'on').mockReturnValue(process)
  jest.spyOn(process.stdout, 'on').mockReturnValue(process.stdout)
  jest.spyOn(process, 'removeAllListeners').mockReturnValue(process)
  await entry()
  expect(exit.mock.calls).toEqual([[code]])
  expect(runner.stdout).toEqual([expect.stringMatching(line)])
})
