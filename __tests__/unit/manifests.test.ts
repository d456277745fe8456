import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { readMainInputs, readSweepInputs } from '../../src/inputs/inputs.ts'
import { runnerLog as log } from '../../src/runner/log.ts'
import { maskInputs } from '../../src/inputs/mask-inputs.ts'
import { setUpRunner } from './runner-env.ts'

const runner = setUpRunner()

interface Manifest {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>
  outputs: Record<string, { description: string }>
}

function manifest(path: string): Manifest {
  return parse(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')) as Manifest
}

const main = manifest('action.yml')
const sweep = manifest('sweep/action.yml')
const account = { subdomain: 'acme', 'client-id': 'ci_bot' }
const C = { ...account, 'client-secret': 'the-client-secret' }
const credentials: Record<string, string>[] = [
  { ...account, email: 'ada@acme.example', 'api-token': 'the-api-token' },
  { ...account, 'access-token': 'the-access-token' },
  C,
  {
    ...account,
    'authorization-code': 'the-code',
    'redirect-uri': 'https://x.io',
    'code-verifier': 'the-verifier'
  },
  { ...account, 'refresh-token': 'the-refresh-token' }
]

const environment = process.env
afterEach(() => {
  process.env = environment
})

/** The inputs that are read while `read` runs, with each of `given`. */
function inputsRead(given: Record<string, string>[], read: () => void): string[] {
  const names = new Set<string>()
  const watched = new Proxy(process.env, {
    get(target, name) {
      if (typeof name === 'string' && name.startsWith('INPUT_')) names.add(name.slice(6).toLowerCase())
      return Reflect.get(target, name) as unknown
    }
  })
  for (const inputs of given) {
    runner.inputs(inputs)
    process.env = watched
    read()
    process.env = environment
  }
  return [...names].sort()
}

/** The values of an action's inputs where a workflow sets none, as the runner gives them. */
function defaults({ inputs }: Manifest): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { default: value = '' }]) => [name, value]))
}

describe('action.yml', () => {
  it('has the inputs that the main step reads, and no others', () => {
    const read = inputsRead(credentials, () => {
      maskInputs(log)
      readMainInputs()
    })
    expect(read).toEqual(Object.keys(main.inputs).sort())
  })

  it.each(credentials)('has the defaults of the code, with %j', (given) => {
    runner.inputs(given)
    const withoutRunner = readMainInputs()
    runner.inputs({ ...defaults(main), ...given })
    expect(readMainInputs()).toEqual(withoutRunner)
  })

  it('shows the defaults that are no empty texts', () => {
    runner.inputs(C)
    const { skipRevoke, exportEnv, jobSummary, timeoutSeconds, credential } = readMainInputs()
    expect(Object.entries(defaults(main)).filter(([, value]) => value !== '')).toEqual([
      ['token-endpoint-auth-method', 'authMethod' in credential ? credential.authMethod : ''],
      ['skip-token-revoke', skipRevoke],
      ['export-env', String(exportEnv)],
      ['job-summary', String(jobSummary)],
      ['timeout-seconds', String(timeoutSeconds)]
    ])
  })
})

describe('sweep/action.yml', () => {
  const own = credentials.slice(0, 3)

  it('has the inputs that the sweep reads, but for those of other credentials', () => {
    const read = inputsRead(own, () => {
      maskInputs(log)
      readSweepInputs()
    })
    const foreign = ['authorization-code', 'code-verifier', 'redirect-uri', 'refresh-token']
    expect(read.filter((name) => !foreign.includes(name))).toEqual(Object.keys(sweep.inputs).sort())
  })

  it.each(own)('has the defaults of the code, with %j', (given) => {
    runner.inputs(given)
    const withoutRunner = readSweepInputs()
    runner.inputs({ ...defaults(sweep), ...given })
    expect(readSweepInputs()).toEqual(withoutRunner)
  })

  it('shows the defaults that are no empty texts', () => {
    runner.inputs(C)
    const { dryRun, allUsers, jobSummary, timeoutSeconds, olderThan } = readSweepInputs()
    expect(Object.entries(defaults(sweep)).filter(([, value]) => value !== '')).toEqual([
      ['token-endpoint-auth-method', 'client_secret_post'],
      ['older-than', `${olderThan / 3_600_000}h`],
      ['all-users', String(allUsers)],
      ['dry-run', String(dryRun)],
      ['job-summary', String(jobSummary)],
      ['timeout-seconds', String(timeoutSeconds)]
    ])
  })
})

/** Written out, not taken from the code. */
const SECRET_INPUTS = [
  'api-token',
  'access-token',
  'client-secret',
  'authorization-code',
  'code-verifier',
  'refresh-token'
]

describe('both', () => {
  it('require the account and the client, and nothing else', () => {
    for (const { inputs } of [main, sweep]) {
      expect(Object.keys(inputs).filter((name) => inputs[name]!.required === true)).toEqual(
        Object.keys(account)
      )
    }
  })

  it('know every secret input', () => {
    expect(Object.keys(main.inputs)).toEqual(expect.arrayContaining(SECRET_INPUTS))
  })
})
