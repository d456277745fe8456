import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { exportForZcli, requireFiles, setOutputs, writeRunnerFile } from '../../../src/runner/outputs.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const token = new Secret('a-token-of-mine')

describe('requireFiles', () => {
  it('is content with files that can be written', () => {
    requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV')
    expect(runner.stdout).toEqual([])
  })

  it.each([
    ['/nowhere/at/all', /Check the work folder of the runner/],
    ['', /Run this action on a GitHub runner of 2022 or later/],
    [undefined, /Run this action on a GitHub runner of 2022 or later/]
  ])('names the variable of a file that is missing: %j', (path, cure) => {
    Reflect.deleteProperty(process.env, 'GITHUB_OUTPUT')
    if (path !== undefined) process.env['GITHUB_OUTPUT'] = path
    const require = (): void => requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT')
    expect(require).toThrow(
      /^Could not write the file that the runner names in GITHUB_OUTPUT \(ENOENT: .+\)\. /
    )
    expect(require).toThrow(cure)
  })
})

describe('writeRunnerFile', () => {
  it.each([
    ['EACCES', /A job in a container runs as the user of its image: write `--user root`/],
    ['EPERM', /A job in a container runs as the user of its image/],
    ['ENOSPC', /The disk is full/],
    ['EDQUOT', /The disk is full/],
    ['EROFS', /Its file system is read-only/],
    ['EIO', /Check the work folder of the runner: this step has to write to its files\./]
  ])('says what to do about %s', (code, cure) => {
    const write = (): void =>
      writeRunnerFile('GITHUB_STATE', () => {
        throw Object.assign(new Error(`${code}: the system's words`), { code })
      })
    expect(write).toThrow(
      `Could not write the file that the runner names in GITHUB_STATE (${code}: the system's words). `
    )
    expect(write).toThrow(cure)
  })

  it('says what to do about an error without a code', () => {
    const write = (): void =>
      writeRunnerFile('GITHUB_STATE', () => {
        throw new Error('Missing file')
      })
    expect(write).toThrow('(Missing file). Check the work folder of the runner')
  })
})

describe('setOutputs', () => {
  it('writes outputs to their file, empty if Zendesk reports nothing', () => {
    setOutputs({ 'token-id': 7, scopes: 'read write', 'expires-at': undefined, 'user-id': 0 })
    expect(runner.written('GITHUB_OUTPUT')).toEqual([
      ['token-id', '7'],
      ['scopes', 'read write'],
      ['expires-at', ''],
      ['user-id', '0']
    ])
    expect(runner.stdout).toEqual([])
  })

  it('names the variable if the file cannot be written', () => {
    runner.breakFile('GITHUB_OUTPUT')
    expect(() => setOutputs({ scopes: 'read' })).toThrow('the file that the runner names in GITHUB_OUTPUT (')
  })
})

describe('exportForZcli', () => {
  it('exports the two variables that zcli reads', () => {
    exportForZcli('acme', token)
    expect(runner.written('GITHUB_ENV')).toEqual([
      ['ZENDESK_SUBDOMAIN', 'acme'],
      ['ZENDESK_OAUTH_TOKEN', 'a-token-of-mine']
    ])
  })

  it('names the variable if the file cannot be written', () => {
    runner.breakFile('GITHUB_ENV')
    expect(() => exportForZcli('acme', token)).toThrow('the file that the runner names in GITHUB_ENV (')
  })
})
