import { describe, expect, it } from '@jest/globals'
import { exportForZcli, requireFiles, setOutputs, setSecretOutput } from '../../../src/runner/outputs.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

describe('requireFiles', () => {
  it('is content with files that can be written', () => {
    requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV')
    expect(runner.stdout).toEqual([])
  })

  it.each(['/nowhere/at/all', ''])('names the variable of a file that cannot be written: %j', (path) => {
    process.env['GITHUB_OUTPUT'] = path
    expect(() => {
      requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT')
    }).toThrow(/^Could not write the file that the runner names in GITHUB_OUTPUT \(.+\)\. Run this action on/)
  })

  it('names a variable that is missing', () => {
    delete process.env['GITHUB_STATE']
    expect(() => {
      requireFiles('GITHUB_STATE')
    }).toThrow('Could not write the file that the runner names in GITHUB_STATE')
  })
})

describe('a file that breaks later', () => {
  it.each([
    [
      'GITHUB_OUTPUT',
      () => {
        setOutputs({ scopes: 'read' })
      }
    ],
    [
      'GITHUB_OUTPUT',
      () => {
        setSecretOutput('token', undefined)
      }
    ],
    [
      'GITHUB_ENV',
      () => {
        exportForZcli('acme', new Secret('a-token-of-mine'))
      }
    ]
  ] as const)('is told by the name of its variable: %s', (variable, write) => {
    runner.breakFile(variable)
    expect(write).toThrow(`Could not write the file that the runner names in ${variable} (`)
  })
})

describe('outputs', () => {
  it('are written to the file, and empty where there is nothing to tell', () => {
    setOutputs({ 'token-id': 7, scopes: 'read write', 'expires-at': undefined, 'user-id': 0 })
    setSecretOutput('token', new Secret('a-token-of-mine'))
    setSecretOutput('refresh-token', undefined)
    expect(runner.written('GITHUB_OUTPUT')).toEqual([
      ['token-id', '7'],
      ['scopes', 'read write'],
      ['expires-at', ''],
      ['user-id', '0'],
      ['token', 'a-token-of-mine'],
      ['refresh-token', '']
    ])
    expect(runner.stdout).toEqual([])
  })
})

describe('exportForZcli', () => {
  it('exports the two variables that zcli reads', () => {
    exportForZcli('acme', new Secret('a-token-of-mine'))
    expect(runner.written('GITHUB_ENV')).toEqual([
      ['ZENDESK_SUBDOMAIN', 'acme'],
      ['ZENDESK_OAUTH_TOKEN', 'a-token-of-mine']
    ])
  })
})
