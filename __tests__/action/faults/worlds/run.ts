/*
 * Runs main and post in a world, as GitHub's runner does.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { CommandFiles, type FileCommands } from '../../../../mock/runner/command-files.ts'
import { inputVariables, readAction, type InputValue } from '../../../../mock/runner/metadata.ts'
import { ADMIN, STANDING_ACCESS_TOKEN } from '../../../../mock/zendesk/seeds.ts'
import { Host, type HostEnd } from './host.ts'
import { Timeline } from './timeline.ts'
import { type Phase, type Signal, type World } from './world.ts'
import { describeExchange, MOST_REQUESTS, secretOf, WorldZendesk, type WorldServer } from './zendesk.ts'

/** How a step of a world ended. */
export interface StepEnd extends HostEnd, FileCommands {
  /** When the first signal was sent, in milliseconds since its start. */
  signalledAt: number | undefined
  /** Whether the runner had to kill it, 10 s after a signal that it could handle. */
  outlived: boolean
  /** The variables of the files that could not be written. */
  unwritten: ReadonlySet<string>
}

/** A world, and everything that happened in it. */
export interface Story {
  world: World
  zendesk: WorldZendesk
  main: StepEnd
  post: StepEnd
  /** What post was given as state. */
  given: 'nothing' | 'saved' | 'changed' | 'unreadable'
  /** Every secret that the steps were given or got. */
  secrets: string[]
}

type Inputs = Record<string, InputValue>

/** What both steps share. */
interface Scene {
  world: World
  zendesk: WorldZendesk
  server: WorldServer
  files: CommandFiles
}

const action = readAction(join(import.meta.dirname, '../../../..'))
const REDIRECT_URI = 'https://app.example/callback'
const VERIFIER = 'verifierOfAtLeastFortyThreeCharacters0123456789'
const codeChallenge = createHash('sha256').update(VERIFIER).digest('base64url')

/** Milliseconds after the first signal at which the runner sends SIGTERM, and at which it kills. */
const [TERM_AFTER, KILL_AFTER] = [7500, 10_000]

/** Runs both steps. */
export async function runWorld(world: World, server: WorldServer): Promise<Story> {
  const zendesk = new WorldZendesk(world)
  const scene = { world, zendesk, server, files: new CommandFiles() }
  server.serve(zendesk)
  try {
    const inputs = inputsOf(world, zendesk, server.url)
    const main = await runStep('main', scene, inputVariables(action, inputs))
    pass(world, zendesk)
    const [state, given] = stateOf(world, main.state)
    const saved = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value] as const)
    const env = { ...inputVariables(action, postInputs(world, inputs)), ...Object.fromEntries(saved) }
    const post = await runStep('post', scene, env)
    return { world, zendesk, main, post, given, secrets: secretsOf(inputs, zendesk) }
  } finally {
    scene.files.remove()
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

async function runStep(phase: Phase, scene: Scene, inputs: Record<string, string>): Promise<StepEnd> {
  const { world, zendesk, server, files } = scene
  const timeline = new Timeline()
  const { variables, read } = files.forStep()
  const unwritten = new Set<string>()
  const signals = new Signals(world.signal?.phase === phase ? world.signal : null, timeline)
  const host = new Host({
    timeline,
    env: { ...inputs, ...variables, ...(world.isVerbose && { RUNNER_DEBUG: '1' }) },
    now: () => zendesk.now() + world.runnerSkew,
    random: world.random,
    onLine: () => signals.onLine(),
    onAppend: failingAppend(phase === 'main' ? world.unwritable : null, variables, unwritten)
  })
  signals.host = host
  zendesk.client = {
    phase,
    host,
    timeline,
    onRequest: (isDone) => {
      signals.onRequest(isDone)
      if (zendesk.exchanges.length > MOST_REQUESTS) host.signal('SIGKILL')
      return !host.hasEnded
    },
    signalledAt: () => signals.sentAt
  }
  const end = await host.run(phase)
  zendesk.elapsed += end.elapsed
  zendesk.client = undefined
  server.disconnect()
  return { ...end, ...read(), signalledAt: signals.sentAt, outlived: signals.outlived, unwritten }
}

function failingAppend(
  unwritable: World['unwritable'],
  variables: Record<string, string>,
  unwritten: Set<string>
): (path: string) => void {
  let count = 0
  return (path) => {
    if (!unwritable || variables[unwritable.file] !== path || ++count < unwritable.from) return
    unwritten.add(unwritable.file)
    const { code } = unwritable
    throw Object.assign(new Error(`${code}: the file system says no, write`), { code, syscall: 'write' })
  }
}

/** Cancels a step as the runner does, or kills it. */
class Signals {
  host: Host | undefined
  sentAt: number | undefined
  outlived = false
  #requests = 0
  #lines = 0

  constructor(
    readonly signal: Signal | null,
    readonly timeline: Timeline
  ) {
    if (signal && 'ms' in signal.at) timeline.after(signal.at.ms, () => this.#send())
  }

  onLine(): void {
    this.#lines++
    if (this.signal && 'line' in this.signal.at && this.signal.at.line === this.#lines) this.#send()
  }

  onRequest(isDone: boolean): void {
    if (!isDone) this.#requests++
    const at = this.signal?.at
    if (at && 'request' in at && at.request === this.#requests && at.isDone === isDone) this.#send()
  }

  #send(): void {
    const { host, signal, timeline } = this
    if (!host || !signal || this.sentAt !== undefined) return
    this.sentAt = host.elapsed
    host.signal(signal.name)
    timeline.after(TERM_AFTER, () => host.signal('SIGTERM'))
    timeline.after(KILL_AFTER, () => {
      this.outlived = true
      host.signal('SIGKILL')
    })
  }
}

export const isAdmin = ({ credential }: World): boolean =>
  credential === 'API token' || credential === 'access token'

function inputsOf(world: World, zendesk: WorldZendesk, url: string): Inputs {
  const { id } = zendesk.account.client(world.client)
  return {
    subdomain: 'acme',
    'base-url': url,
    'client-id': isAdmin(world) && world.isNumeric ? id : world.client,
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
  const secret = { 'client-secret': secretOf(client) }
  const { id: clientId, userId, allowedScopes: scopes = ['read', 'write'] } = account.client(client)
  switch (credential) {
    case 'API token':
      return { email: ADMIN.email, 'api-token': ADMIN.apiToken }
    case 'access token':
      return { 'access-token': STANDING_ACCESS_TOKEN }
    case 'client credentials':
      return secret
    case 'authorization code': {
      const challenge = { codeChallenge, codeChallengeMethod: 'S256' } as const
      const code = account.authorize({
        client,
        redirectUri: REDIRECT_URI,
        scope: scopes.join(' '),
        ...challenge
      })
      return {
        ...secret,
        'authorization-code': code,
        'redirect-uri': REDIRECT_URI,
        'code-verifier': VERIFIER
      }
    }
    case 'refresh token': {
      const refreshToken = account.newSecret()
      const refreshExpiresAt = account.now() + 86_400_000
      account.mint({ clientId, userId, scopes, refreshToken, refreshExpiresAt, origin: 'seeded' })
      return { ...secret, 'refresh-token': refreshToken }
    }
  }
}

const SECRETS = [
  'client-secret',
  'api-token',
  'access-token',
  'authorization-code',
  'code-verifier',
  'refresh-token'
]

/** The inputs of post: a bug of the runner gives it those of another step. */
function postInputs({ inputs }: World, given: Inputs): Inputs {
  if (inputs === 'same') return given
  if (inputs === 'none') return {}
  if (inputs === 'another credential') {
    return { subdomain: 'other', 'client-id': 'other', 'client-secret': 'secretOfAnotherAction0123456789' }
  }
  const another = SECRETS.filter((name) => name in given).map((name) => [name, `another0123456789${name}`])
  return { ...given, ...(Object.fromEntries(another) as Inputs) }
}

/** The state that post is given. */
function stateOf({ state }: World, saved: Record<string, string>): [Record<string, string>, Story['given']] {
  const [key, text] = Object.entries(saved)[0] ?? []
  if (key === undefined || text === undefined) return [{}, 'nothing']
  if (state === 'saved') return [saved, 'saved']
  if (state === 'unreadable') return [{ [key]: text.slice(0, -5) }, 'unreadable']
  if (state === 'foreign') return [{ [key]: '{"answer":42}' }, 'unreadable']
  let leaves = 0
  JSON.parse(text, (_name, value: unknown) => {
    if (!isContainer(value)) leaves++
    return value
  })
  let rest = state.leaf % leaves
  const changed: unknown = JSON.parse(text, (_name, value: unknown) =>
    !isContainer(value) && rest-- === 0 ? state.becomes : value
  )
  return [{ [key]: JSON.stringify(changed) }, 'changed']
}

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null

function secretsOf(inputs: Inputs, { account }: WorldZendesk): string[] {
  const given = SECRETS.flatMap((name) => (name in inputs ? [String(inputs[name])] : []))
  const basics = [
    `${ADMIN.email}/token:${ADMIN.apiToken}`,
    `${inputs['client-id']!}:${String(inputs['client-secret'])}`
  ]
  const minted = [...account.tokens.values()].filter(({ origin }) => origin === 'minted')
  return [
    ...given,
    ...basics.map((text) => Buffer.from(text).toString('base64')),
    ...minted.flatMap(({ value, refreshToken }) => [value, ...(refreshToken === null ? [] : [refreshToken])])
  ]
}

/** What both steps printed and requested, and which tokens are active then. */
export function describeStory({ zendesk, main, post }: Story): string {
  const ended = ({ stdout, exitCode, elapsed, signalledAt }: StepEnd): string[] => [
    ...stdout.filter((line) => !line.startsWith('::add-mask::')),
    `exit code ${exitCode ?? 'none'} after ${elapsed} ms${signalledAt === undefined ? '' : `, signal at ${signalledAt} ms`}`
  ]
  const tokens = [...zendesk.roles].map(
    ([token, role]) =>
      `${role} ${token.id}, ${token.scopes.join(' ')}: ${zendesk.isActive(token) ? 'ACTIVE' : 'gone'}`
  )
  const parts = {
    main: ended(main),
    post: ended(post),
    requests: zendesk.exchanges.map(describeExchange),
    tokens
  }
  return Object.entries(parts)
    .flatMap(([title, lines]) => [`${title}:`, ...lines.map((line) => `  ${line}`)])
    .join('\n')
}
