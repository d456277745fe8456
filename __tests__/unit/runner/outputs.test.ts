import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { exportForZcli, requireFiles, setOutputs, writeRunnerFile } from '../../../src/runner/outputs.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()

const CHECK = 'Check the work folder of the runner: this step has to write to its files.'
const RUNNER = 'Run this action on a GitHub runner of 2022 or later.'

describe('requireFiles', () => {
  it('is content with files that can be written', () => {
    requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV')
    expect(runner.stdout).toEqual([])
  })

  it.each([
    ['/nowhere/at/all', CHECK],
    ['', RUNNER],
    [undefined, RUNNER]
  ])('names the variable of a file that is missing: %j', (path, cure) => {
    Reflect.deleteProperty(process.env, 'GITHUB_OUTPUT')
    if (path !== undefined) process.env['GITHUB_OUTPUT'] = path
    const message = /^Could not write the file that the runner names in GITHUB_OUTPUT \(ENOENT: .+\)\. (.+)$/
    const require = (): void => requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT')
    expect(require).toThrow(message)
    expect(require).toThrow(cure)
  })
})

it.each([
  ['EACCES', 'A job in a container runs as the user of its image: write `--user root`'],
  ['EPERM', 'A job in a container runs as the user of its image'],
  ['ENOSPC', 'The disk is full'],
  ['EDQUOT', 'The disk is full'],
  ['EROFS', 'Its file system is read-only'],
  ['EIO', CHECK],
  [undefined, CHECK]
])('writeRunnerFile says what to do about the code %s', (code, cure) => {
  const write = (): void => {
    throw Object.assign(new Error('words of the system'), { code })
  }
  const start = 'Could not write the file that the runner names in GITHUB_STATE (words of the system). '
  expect(() => writeRunnerFile('GITHUB_STATE', write)).toThrow(start + cure)
})

it('setOutputs writes outputs to their file, empty if Zendesk reports nothing, or names it if it cannot', () => {
  setOutputs({ 'token-id': 7, scopes: 'read write', 'expires-at': undefined, 'user-id': 0 })
  const expected = { 'token-id': '7', scopes: 'read write', 'expires-at': '', 'user-id': '0' }
  expect(runner.outputs()).toEqual(expected)
  expect(runner.stdout).toEqual([])
  runner.breakFile('GITHUB_OUTPUT')
  expect(() => setOutputs({ scopes: 'read' })).toThrow('the file that the runner names in GITHUB_OUTPUT (')
})

it('exportForZcli exports the two variables that zcli reads, or names the file if it cannot', () => {
  const token = new Secret('a-token-of-mine')
  exportForZcli('acme', token)
  const variables = { ZENDESK_SUBDOMAIN: 'acme', ZENDESK_OAUTH_TOKEN: 'a-token-of-mine' }
  expect(Object.fromEntries(runner.written('GITHUB_ENV'))).toEqual(variables)
  runner.breakFile('GITHUB_ENV')
  expect(() => exportForZcli('acme', token)).toThrow('the file that the runner names in GITHUB_ENV (')
})
