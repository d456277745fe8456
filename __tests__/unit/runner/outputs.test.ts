import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { exportForZcli, requireFiles, setOutputs } from '../../../src/runner/outputs.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const token = new Secret('a-token-of-mine')

describe('the files of the runner', () => {
  it('are enough if they can be written', () => {
    requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV')
    expect(runner.stdout).toEqual([])
  })

  it.each(['/nowhere/at/all', '', undefined])('are an error with the name of the variable: %j', (path) => {
    Reflect.deleteProperty(process.env, 'GITHUB_OUTPUT')
    if (path !== undefined) process.env['GITHUB_OUTPUT'] = path
    expect(() => {
      requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT')
    }).toThrow(/^Could not write the file that the runner names in GITHUB_OUTPUT \(.+\)\. Run this action on/)
  })

  it.each<['GITHUB_OUTPUT' | 'GITHUB_ENV', () => void]>([
    ['GITHUB_OUTPUT', () => setOutputs({ scopes: 'read' })],
    ['GITHUB_ENV', () => exportForZcli('acme', token)]
  ])('are the same error if %s breaks later', (variable, write) => {
    runner.breakFile(variable)
    expect(write).toThrow(`Could not write the file that the runner names in ${variable} (`)
  })
})

it('outputs are written to their file, and empty if Zendesk reports nothing', () => {
  setOutputs({ 'token-id': 7, scopes: 'read write', 'expires-at': undefined, 'user-id': 0 })
  expect(runner.written('GITHUB_OUTPUT')).toEqual([
    ['token-id', '7'],
    ['scopes', 'read write'],
    ['expires-at', ''],
    ['user-id', '0']
  ])
  expect(runner.stdout).toEqual([])
})

it('the two variables that zcli reads are exported', () => {
  exportForZcli('acme', token)
  expect(runner.written('GITHUB_ENV')).toEqual([
    ['ZENDESK_SUBDOMAIN', 'acme'],
    ['ZENDESK_OAUTH_TOKEN', 'a-token-of-mine']
  ])
})
