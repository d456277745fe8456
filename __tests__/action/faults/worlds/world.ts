/*
 * What may differ between two runs of main and post: everything that Zendesk, the network, the runner and the author
 * of a workflow can do to them. A world is plain data, so that a failure prints all of it.
 */
import fc from 'fast-check'
import { HOUR } from '../../../support/clock.ts'
import { ANOTHER_TOKEN, faultsOf, isLost, type Fault, type Purpose } from './faults.ts'

export type Phase = 'main' | 'post'

/** The faults of the first requests of each purpose, and whether the last one goes on for ever. */
type Plan = Partial<Record<Purpose, { faults: Fault[]; goesOn: boolean }>>

/** A request arrives, has been carried out, or a line is printed. */
export type Moment = 'request' | 'response' | 'line'

/** Something unusual in so many of a hundred cases; what is usual is also the simplest. */
const unusually = <const Usual, Unusual>(
  percent: number,
  usual: Usual,
  unusual: fc.Arbitrary<Unusual>
): fc.Arbitrary<Usual | Unusual> =>
  fc.oneof(
    { withCrossShrink: true },
    { weight: 100 - percent, arbitrary: fc.constant(usual) },
    { weight: percent, arbitrary: unusual }
  )
const pick = fc.constantFrom

function fault(purpose: Purpose): fc.Arbitrary<Fault> {
  const fields = {
    what: fc.oneof(...faultsOf(purpose).map((names) => pick(...names))),
    after: fc.boolean(),
    delay: unusually(20, 0, pick(137, 803, 2911, 9731, 31_337, 0.29, 0.53, 0.67, 0.71, 0.77))
  }
  // A client need not suppose that a mint was carried out if it was refused.
  const isPossible = (what: string): boolean => !purpose.endsWith('mint') || isLost(what)
  return fc.record(fields).map((each) => ({ ...each, after: each.after && isPossible(each.what) }))
}

/** Faults for some of these requests. */
function plan(...purposes: Purpose[]): fc.Arbitrary<Plan> {
  const entries = purposes.map((purpose) => {
    const faults = fc.array(fault(purpose), { minLength: 1, maxLength: 4 })
    return [purpose, fc.record({ faults, goesOn: unusually(20, false, pick(true)) })]
  })
  const model = Object.fromEntries(entries) as Record<Purpose, fc.Arbitrary<Required<Plan>[Purpose]>>
  return fc.record(model, { requiredKeys: [] })
}
const calm = fc.constant<Plan>({})
const atRevocation = plan('delete', 'verify', 'cleanup mint', 'cleanup look-up', 'cleanup delete', 'list')

/** A burst of less than a second, which begins with the nth request with a token; with 0 ms only this gets a 401. */
const burst = fc.record({
  kind: pick('burst'),
  phase: pick<Phase>('post', 'post', 'post', 'main'),
  nth: fc.integer({ min: 1, max: 6 }),
  ms: pick(0, 0, 137, 650, 990)
})
/** A new token is not known everywhere yet. */
const lag = fc.record({ kind: pick('lag'), ms: pick(400, 1400, 2900) })

const moments = pick<Moment>('request', 'response', 'line')
const moment = fc.record({ moment: moments, nth: fc.integer({ min: 1, max: 9 }) })
/** At the nth of these moments, or after so many milliseconds. */
const signal = fc.record({
  phase: pick<Phase>('main', 'post'),
  name: pick('SIGINT', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'),
  at: fc.oneof({ weight: 2, arbitrary: moment }, fc.record({ ms: fc.nat(9000) }))
})

const unwritable = fc.record({
  file: pick('GITHUB_STATE', 'GITHUB_STATE', 'GITHUB_OUTPUT'),
  from: pick(1, 1, 2),
  code: pick('EACCES', 'ENOSPC', 'EROFS')
})

const skew = unusually(20, 0, pick(-26 * HOUR, -2 * HOUR, -300_000, 300_000, 2 * HOUR, 26 * HOUR))
const changedState = fc.record({ leaf: fc.nat(30), becomes: pick<unknown>(null, 0, -1, '', 'x', [], {}) })
const CLIENTS = ['client credentials', 'authorization code', 'refresh token'] as const

const any = {
  credential: pick('API token', 'access token', ...CLIENTS, CLIENTS[0], CLIENTS[0], 'API token'),
  client: pick('ci_bot', 'ci_bot', 'tickets_only', 'agent_bot'),
  /** Whether `client-id` is the number, with a credential that takes it. */
  isNumeric: fc.boolean(),
  isBasic: fc.boolean(),
  scopes: pick('', 'read write', 'read write', 'tickets:read', 'write', 'read', 'tickets:read tickets:write'),
  skip: pick('auto', 'auto', 'auto', 'false', 'false', 'true'),
  timeout: pick(20, 5, 6, 7, 8, 9, 12, 20, 60, 300, 3600),
  expiresIn: pick(null, null, 300, 7200),
  isVerbose: fc.boolean(),
  token: pick('opaque', 'opaque', 'JWT', 'JWT without iat'),
  reportsExpiry: unusually(15, true, pick(false)),
  reportsScopes: unusually(15, 'granted', pick('empty', 'absent')),
  tokensExpire: fc.boolean(),
  deletesCurrent: unusually(30, true, pick(false)),
  narrowManageThemselves: fc.boolean(),
  filtersByClient: fc.boolean(),
  /** Milliseconds of every request. */
  latency: pick(0, 0, 23, 211, 457),
  random: pick(0, 0.5, 0.99),
  /** Milliseconds by which the clock of the runner, and the `Date` of every response, are ahead. */
  runnerSkew: skew,
  dateSkew: skew,
  main: fc.oneof(calm, plan('lookup', 'mint', 'check'), plan('mint'), plan('lookup', 'check')),
  post: atRevocation,
  /** Zendesk's own 401s to tokens that are active. */
  doubt: unusually(40, null, fc.oneof({ weight: 5, arbitrary: burst }, lag)),
  signal: unusually(20, null, signal),
  /** Files of the runner that main cannot append to, from the nth time on. */
  unwritable: unusually(12, null, unwritable),
  /** Milliseconds between main and post, and what happens meanwhile. */
  gap: pick(0, 0, 60_000, 1_900_000, 5 * HOUR),
  meanwhile: unusually(20, 'nothing', pick('token revoked', 'token revoked', 'credential revoked')),
  /** What post is given instead of what main saved. */
  state: unusually(12, 'saved', fc.oneof(pick('unreadable', 'foreign'), changedState)),
  inputs: unusually(15, 'same', pick('none', 'another secret', 'another credential'))
}

type Widened<Value> = Value extends number ? number : Value
export type World = {
  [Name in keyof typeof any]: (typeof any)[Name] extends fc.Arbitrary<infer Value> ? Widened<Value> : never
}
export type Signal = NonNullable<World['signal']>

/** Only post meets faults. */
const inPost = { ...any, main: calm, signal: pick(null), unwritable: pick(null) }

/** Little time, and false rejections of a token that was seen to work. */
const inAHurry = {
  ...inPost,
  credential: pick('client credentials', 'API token', 'refresh token'),
  scopes: pick('read write', ''),
  skip: pick('false'),
  timeout: fc.integer({ min: 5, max: 9 }),
  post: plan('delete', 'verify'),
  doubt: burst.map((each) => ({ ...each, phase: 'post' as const }))
}

/** A token that no other step will know. */
const unsaved = {
  ...any,
  main: atRevocation,
  skip: pick('auto', 'false'),
  signal: unusually(
    50,
    null,
    signal.map((each) => ({ ...each, phase: 'main' as const }))
  ),
  unwritable: unwritable.map((each) => ({ ...each, file: 'GITHUB_STATE' as const }))
}

/** A cache or a gateway that mixes up two jobs. */
const mixedUp = {
  ...inPost,
  token: pick('JWT', 'JWT without iat'),
  main: fc.constant<Plan>({
    check: { faults: [{ what: ANOTHER_TOKEN, after: false, delay: 0 }], goesOn: false }
  })
}

/** Any world. Trouble that is rarely met by chance has a share of its own. */
export const worlds = fc.oneof(
  { weight: 4, arbitrary: fc.record<World>(any) },
  { weight: 3, arbitrary: fc.record<World>(inPost) },
  { weight: 3, arbitrary: fc.record<World>(inAHurry) },
  { weight: 1, arbitrary: fc.record<World>(unsaved) },
  { weight: 1, arbitrary: fc.record<World>(mixedUp) }
)
