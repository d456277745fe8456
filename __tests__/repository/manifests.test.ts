import { describe, expect, it, jest } from '@jest/globals'
import { parse } from 'yaml'
import { SECRET_INPUTS } from '../../src/inputs/credentials.ts'
import { readMainInputs, readSweepInputs } from '../../src/inputs/inputs.ts'
import { maskInputs } from '../../src/inputs/mask-inputs.ts'
import { type Log } from '../../src/lib/log.ts'
import { runnerLog as log } from '../../src/runner/log.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { read as textOf } from './files.ts'

type Inputs = Record<string, string>

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

/** The inputs that are read while `read` runs, with each of `given`. */
function inputsRead(given: Inputs[], read: (log: Log) => unknown): string[] {
  const names = new Set<string>()
  const watched = new Proxy(process.env, {
    get(target, name) {
      if (typeof name === 'string' && name.startsWith('INPUT_')) names.add(name.slice(6).toLowerCase())
      return Reflect.get(target, name) as unknown
    }
  })
  jest.replaceProperty(process, 'env', watched)
  for (const inputs of given) {
    runner.inputs(inputs)
    maskInputs(log)
    read(log)
  }
  return [...names].sort()
}

describe.each<[string, Inputs[], (log: Log) => object, string[]]>([
  ['action.yml', OF_MAIN, readMainInputs, []],
  // The sweep reads the inputs of other credentials only to refuse or mask them.
  ['sweep/action.yml', OF_SWEEP, readSweepInputs, [...Object.keys(CODE), 'refresh-token']]
])('%s', (path, credentials, read, foreign) => {
  const manifest = parse(textOf(path)) as { inputs: Record<string, { default?: string; required?: boolean }> }
  const inputs = Object.entries(manifest.inputs)
  const names = inputs.map(([name]) => name)

  it('has the inputs that the code reads, and no others', () => {
    const used = inputsRead(credentials, read).filter((name) => !foreign.includes(name))
    expect(used).toEqual(names.toSorted())
  })

  it('has the secret inputs of its credentials, and no other input is masked', () => {
    runner.inputs(Object.fromEntries(names.map((name) => [name, `value-of-${name}`])))
    maskInputs(log)
    const masked = names.filter((name) => runner.all('add-mask').includes(`value-of-${name}`))
    expect(masked.sort()).toEqual(SECRET_INPUTS.filter((name) => !foreign.includes(name)).sort())
  })

  it('requires the account and the client, and nothing else', () => {
    expect(names.filter((name) => manifest.inputs[name]?.required)).toEqual(Object.keys(ACCOUNT))
  })

  it.each(credentials)('has the defaults of the code, with %j', (given) => {
    runner.inputs(given)
    const withoutRunner = read(log)
    const defaults: Inputs = Object.fromEntries(inputs.map(([name, input]) => [name, input.default ?? '']))
    runner.inputs({ ...defaults, ...given })
    expect(read(log)).toEqual(withoutRunner)
  })
})
