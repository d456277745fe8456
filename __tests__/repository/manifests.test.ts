import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { SECRET_INPUTS } from '../../src/inputs/credentials.ts'
import { readMainInputs, readSweepInputs } from '../../src/inputs/inputs.ts'
import { maskInputs } from '../../src/inputs/mask-inputs.ts'
import { type Log } from '../../src/lib/log.ts'
import { runnerLog as log } from '../../src/runner/log.ts'
import { setUpRunner } from '../support/runner-env.ts'

type Inputs = Record<string, string>

interface Manifest {
  inputs: Record<string, { default?: string; required?: boolean }>
}

const runner = setUpRunner()
const ACCOUNT = { subdomain: 'acme', 'client-id': 'ci_bot' }
const CLIENT_CREDENTIALS = { ...ACCOUNT, 'client-secret': 'the-client-secret' }
const OF_SWEEP: Inputs[] = [
  { ...ACCOUNT, email: 'ada@acme.example', 'api-token': 'the-api-token' },
  { ...ACCOUNT, 'access-token': 'the-access-token' },
  CLIENT_CREDENTIALS
]
const CODE = {
  'authorization-code': 'the-code',
  'redirect-uri': 'https://x.io',
  'code-verifier': 'the-verifier'
}
const OF_MAIN = [...OF_SWEEP, { ...ACCOUNT, ...CODE }, { ...ACCOUNT, 'refresh-token': 'the-refresh-token' }]

const DEFAULTS_OF_MAIN = {
  'token-endpoint-auth-method': 'client_secret_post',
  'skip-token-revoke': 'auto',
  'export-env': 'false',
  'job-summary': 'false',
  'timeout-seconds': '300'
}
const DEFAULTS_OF_SWEEP = {
  'token-endpoint-auth-method': 'client_secret_post',
  'older-than': '24h',
  'all-users': 'false',
  'dry-run': 'true',
  'job-summary': 'true',
  'timeout-seconds': '600'
}

/** The inputs that are read while `read` runs, with each of `given`. */
function inputsRead(given: Inputs[], read: (log: Log) => unknown): string[] {
  const names = new Set<string>()
  const environment = process.env
  const watched = new Proxy(environment, {
    get(target, name) {
      if (typeof name === 'string' && name.startsWith('INPUT_')) names.add(name.slice(6).toLowerCase())
      return Reflect.get(target, name) as unknown
    }
  })
  for (const inputs of given) {
    runner.inputs(inputs)
    process.env = watched
    try {
      maskInputs(log)
      read(log)
    } finally {
      process.env = environment
    }
  }
  return [...names].sort()
}

describe.each<[string, Inputs[], (log: Log) => object, Inputs, string[]]>([
  ['action.yml', OF_MAIN, readMainInputs, DEFAULTS_OF_MAIN, []],
  // The sweep reads the inputs of other credentials only to refuse or mask them.
  ['sweep/action.yml', OF_SWEEP, readSweepInputs, DEFAULTS_OF_SWEEP, [...Object.keys(CODE), 'refresh-token']]
])('%s', (path, credentials, read, defaults, foreign) => {
  const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
  const inputs = Object.entries((parse(text) as Manifest).inputs)

  it('has the inputs that the code reads, and no others', () => {
    const names = inputsRead(credentials, read).filter((name) => !foreign.includes(name))
    expect(names).toEqual(inputs.map(([name]) => name).sort())
  })

  it('has the secret inputs of its credentials, and no other input is masked', () => {
    const values = inputs.map(([name]) => [name, `value-of-${name}`] as const)
    runner.inputs(Object.fromEntries(values))
    maskInputs(log)
    const masked = values.flatMap(([name, value]) => (runner.all('add-mask').includes(value) ? [name] : []))
    expect(masked.sort()).toEqual(SECRET_INPUTS.filter((name) => !foreign.includes(name)).sort())
  })

  it('requires the account and the client, and nothing else', () => {
    const required = inputs.filter(([, input]) => input.required === true)
    expect(required.map(([name]) => name)).toEqual(Object.keys(ACCOUNT))
  })

  it('has these defaults', () => {
    const shown = inputs.filter(([, input]) => (input.default ?? '') !== '')
    expect(Object.fromEntries(shown.map(([name, input]) => [name, input.default]))).toEqual(defaults)
  })

  it.each(credentials)('has the defaults of the code, with %j', (given) => {
    runner.inputs(given)
    const withoutRunner = read(log)
    runner.inputs({ ...defaults, ...given })
    expect(read(log)).toEqual(withoutRunner)
  })
})
