/* Runs main and post in a world, as GitHub's runner does. */
import { join } from 'node:path'
import { CommandFiles } from '../../../../mock/runner/command-files.ts'
import { inputVariables, readAction, type InputValue } from '../../../../mock/runner/metadata.ts'
import { ADMIN, STANDING_ACCESS_TOKEN } from '../../../../mock/zendesk/seeds.ts'
import { SECRET_INPUTS } from '../../../../src/inputs/credentials.ts'
import { CODE_VERIFIER, codeChallenge, REDIRECT_URI } from '../../../support/zendesk.ts'
import { Host } from './host.ts'
import { type Phase, type World } from './world.ts'
import { describeExchange, WorldZendesk, type WorldServer } from './zendesk.ts'

/** How a step of a world ended. */
type StepEnd = Awaited<ReturnType<typeof runStep>>
/** What post was given as state. */
type Given = 'nothing' | 'saved' | 'changed' | 'unreadable'

/** A world, and everything that happened in it, with every secret that the steps were given or got. */
export interface Story extends Record<Phase, StepEnd> {
  world: World
  zendesk: WorldZendesk
  given: Given
  secrets: string[]
}

type Inputs = Record<string, InputValue>
interface Job {
  world: World
  zendesk: WorldZendesk
  files: CommandFiles
}

const action = readAction(join(import.meta.dirname, '../../../..'))

/** Runs both steps. */
export async function runWorld(world: World, server: WorldServer): Promise<Story> {
  const zendesk = new WorldZendesk(world)
  const files = new CommandFiles()
  const job = { world, zendesk, files }
  server.zendesk = zendesk
  try {
    const inputs = inputsOf(world, zendesk, server.url)
    const main = await runStep('main', job, inputVariables(action, inputs))
    server.disconnect()
    pass(world, zendesk)
    const [state, given] = stateOf(world, main.state)
    const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
    const env = { ...inputVariables(action, postInputs(world, inputs)), ...saved }
    const post = await runStep('post', job, env)
    server.disconnect()
    return { world, zendesk, main, post, given, secrets: secretsOf(inputs, zendesk) }
  } finally {
    files.remove()
  }
}

/** What happens between main and post. */
function pass({ gap, meanwhile }: World, zendesk: WorldZendesk): void {
  zendesk.elapsed += gap
  for (const token of zendesk.account.tokens.values()) {
    const isOurs = zendesk.roles.has(token) && meanwhile === 'token revoked'
    const isCredential = token.origin === 'standing' && meanwhile === 'credential revoked'
    token.revoked ||= isOurs || isCredential
  }
}

async function runStep(phase: Phase, { world, zendesk, files }: Job, inputs: Record<string, string>) {
  const { variables, read } = files.forStep()
  /** The variables of the files that could not be written. */
  const unwritten = new Set<string>()
  let appended = 0
  const onAppend = (path: string): void => {
    const { unwritable } = world
    if (phase !== 'main' || !unwritable || variables[unwritable.file] !== path) return
    const { file, from, code } = unwritable
    if (++appended < from) return
    unwritten.add(file)
    throw Object.assign(new Error(`${code}: the file system says no, write`), { code, syscall: 'write' })
  }
  zendesk.host = new Host({
    phase,
    env: { ...inputs, ...variables, ...(world.isVerbose && { RUNNER_DEBUG: '1' }) },
    now: () => zendesk.now() + world.runnerSkew,
    random: world.random,
    signal: world.signal?.phase === phase ? world.signal : null,
    onAppend
  })
  const end = await zendesk.host.run()
  zendesk.host = undefined
  zendesk.elapsed += end.elapsed
  return { ...end, ...read(), unwritten }
}

const isAdmin = ({ credential }: World): boolean => ['API token', 'access token'].includes(credential)

function inputsOf(world: World, zendesk: WorldZendesk, url: string): Inputs {
  return {
    subdomain: 'acme',
    'base-url': url,
    'client-id': isAdmin(world) && world.isNumeric ? zendesk.account.client(world.client).id : world.client,
    ...credentialInputs(world, zendesk),
    'token-endpoint-auth-method': world.isBasic ? 'client_secret_basic' : 'client_secret_post',
    scopes: world.scopes,
    'skip-token-revoke': world.skip,
    'timeout-seconds': world.timeout,
    'expires-in': isAdmin(world) ? '' : (world.expiresIn ?? ''),
    'job-summary': world.isVerbose,
    'export-env': world.isVerbose
  }
}

function credentialInputs({ credential, client }: World, { account }: WorldZendesk): Inputs {
  const found = account.client(client)
  const { id: clientId, userId } = found
  const secret = { 'client-secret': found.secret! }
  const scopes = account.configuredScopes(found)
  switch (credential) {
    case 'API token':
      return { email: ADMIN.email, 'api-token': ADMIN.apiToken }
    case 'access token':
      return { 'access-token': STANDING_ACCESS_TOKEN }
    case 'client credentials':
      return secret
    case 'authorization code': {
      const consent = { client, redirectUri: REDIRECT_URI, scope: scopes.join(' ') }
      const code = account.authorize({ ...consent, codeChallenge, codeChallengeMethod: 'S256' })
      const used = { 'redirect-uri': REDIRECT_URI, 'code-verifier': CODE_VERIFIER }
      return { ...secret, ...used, 'authorization-code': code }
    }
    case 'refresh token': {
      const [refreshToken, refreshExpiresAt] = [account.newSecret(), account.now() + 86_400_000]
      account.mint({ clientId, userId, scopes, refreshToken, refreshExpiresAt, origin: 'seeded' })
      return { ...secret, 'refresh-token': refreshToken }
    }
  }
}

/** The inputs of post: a bug of the runner gives it those of another step. */
function postInputs({ inputs }: World, given: Inputs): Inputs {
  if (inputs === 'same') return given
  if (inputs === 'none') return {}
  if (inputs === 'another credential')
    return { subdomain: 'other', 'client-id': 'other', 'client-secret': 'secretOfAnotherAction0123456789' }
  const secrets = SECRET_INPUTS.filter((name) => name in given)
  return { ...given, ...Object.fromEntries(secrets.map((name) => [name, `another0123456789${name}`])) }
}

const isLeaf = (value: unknown): boolean => typeof value !== 'object' || value === null

/** The state that post is given. */
function stateOf({ state }: World, saved: Record<string, string>): [Record<string, string>, Given] {
  const [key, text] = Object.entries(saved)[0] ?? []
  if (key === undefined || text === undefined) return [{}, 'nothing']
  if (state === 'saved') return [saved, 'saved']
  if (state === 'unreadable') return [{ [key]: text.slice(0, -5) }, 'unreadable']
  if (state === 'foreign') return [{ [key]: '{"answer":42}' }, 'unreadable']
  let leaves = 0
  JSON.parse(text, (_name, value: unknown) => {
    if (isLeaf(value)) leaves++
    return value
  })
  let rest = state.leaf % leaves
  const changed: unknown = JSON.parse(text, (_name, value: unknown) =>
    isLeaf(value) && rest-- === 0 ? state.becomes : value
  )
  return [{ [key]: JSON.stringify(changed) }, 'changed']
}

function secretsOf(inputs: Inputs, { account }: WorldZendesk): string[] {
  const given = SECRET_INPUTS.flatMap((name) => (name in inputs ? [String(inputs[name])] : []))
  const client = ['client-id', 'client-secret']
    .map((name) => encodeURIComponent(String(inputs[name])))
    .join(':')
  const basics = [`${ADMIN.email}/token:${ADMIN.apiToken}`, client]
  const minted = [...account.tokens.values()].filter(({ origin }) => origin === 'minted')
  return [
    ...given,
    ...basics.map((text) => Buffer.from(text).toString('base64')),
    ...minted.flatMap(({ value, refreshToken }) => [value, refreshToken ?? value])
  ]
}

/** What both steps printed and requested, and which tokens are active then. */
export function describeStory({ zendesk, main, post }: Story): string {
  const ended = ({ stdout, exitCode, elapsed, signalledAt }: StepEnd): string[] => [
    ...stdout.filter((line) => !line.startsWith('::add-mask::')),
    `exit code ${exitCode ?? 'none'} after ${elapsed} ms, signal at ${signalledAt ?? '-'} ms`
  ]
  const tokens = [...zendesk.roles].map(([token, role]) => {
    return `${role} ${token.id}, ${token.scopes.join(' ')}: ${zendesk.isActive(token) ? 'ACTIVE' : 'gone'}`
  })
  const requests = zendesk.exchanges.map(describeExchange)
  return JSON.stringify({ main: ended(main), post: ended(post), requests, tokens }, null, 2)
}
