/* What holds in every world. Each rule has a name, and returns what contradicts it, or something falsy. */
import { parseCommand } from '../../../../mock/runner/commands.ts'
import { type Token } from '../../../../mock/zendesk/account.ts'
import { type Story } from './run.ts'
import { type Phase } from './world.ts'
import { isRead, MOST_REQUESTS, type Exchange } from './zendesk.ts'

/** The claim that Zendesk rejects the token, because it was revoked or has expired. */
const PROOF = /verified that Zendesk rejects|\bhad (?:already )?expired\b|^Zendesk rejects\b/
/** The claim that it was revoked, without a proof. */
const UNVERIFIED = /\bRevoked (?:the )?token\b.*\bbut\b.*\bnot be verified/
const MAY_EXIST = /\b(?:An|Up to (\d+)) unused tokens? of client .*? may exist since \d\d:\d\d UTC/g
const EXPIRY =
  /\bexpires? (?:at|in|after|within) |does not expire|may never expire|did not report when it expires/
const REMOVAL = /Admin Center.*DELETE \S+\/api\/v2\/oauth\/tokens\/(?:\d+|\{id\})/
const UNFINISHED =
  /[^.?!:] (?:It (?:expires|does not)|Without that|To (?:revoke|remove) |See https|Run the job|Raise `)/

/** Milliseconds that a step may take beyond its timeout, to end its last request. */
const TOLERANCE = 300
/** Milliseconds that a token which no other step knows may be revoked in, after a signal or the timeout. */
const CLEANUP = 4000
/** Milliseconds after a signal in which a step ends; the runner kills it after 10 s. */
const LONGEST_END = 9000

function stepOf(phase: Phase, token: Token | undefined, { zendesk, [phase]: end }: Story) {
  const said = end.stdout.map((line) => parseCommand(line) ?? { name: 'info', data: line })
  const dataOf = (wanted: string): string[] =>
    said.flatMap(({ name, data }) => (name === wanted ? [data] : []))
  const [errors, warnings, infos] = [dataOf('error'), dataOf('warning'), dataOf('info')]
  const all = [...errors, ...warnings, ...infos]
  const exchanges = zendesk.exchanges.filter((each) => each.phase === phase)
  const told = [...errors, ...warnings].join(' ')
  return {
    ...end,
    ...{ phase, errors, warnings, infos, all, told, exchanges },
    isKilled: end.exitCode === null,
    /** The requests about the token. */
    about: exchanges.filter(({ about }) => token && about === token),
    says: (pattern: RegExp) => all.find((line) => pattern.test(line)),
    /** How many tokens it says may exist that nobody knows. */
    unknown: [...told.matchAll(MAY_EXIST)].reduce((sum, [, many = 1]) => sum + Number(many), 0)
  }
}
type Step = ReturnType<typeof stepOf>

function factsOf(story: Story) {
  const { world, zendesk } = story
  const mint = zendesk.exchanges.find((each) => each.purpose === 'mint' && isRead(each))
  /** The token whose mint main could read. */
  const token = mint?.minted
  const [main, post] = [stepOf('main', token, story), stepOf('post', token, story)]
  const isUseless = /"scopes?":(?:""|\[\])/.test(mint?.response?.body ?? '')
  return {
    ...story,
    ...{ main, post, token },
    told: `${main.told} ${post.told}`,
    isActive: token !== undefined && zendesk.isActive(token),
    isAnyKilled: main.isKilled || post.isKilled,
    /** Whether Zendesk reported that the token has no scope at all. */
    isUseless,
    /** Whether it is to be left, as the input or its refresh token says. */
    isLeft: world.skip === 'true' || (world.skip === 'auto' && token?.refreshToken !== null && !isUseless),
    isUnsaved: token && story.given === 'nothing' && main.unwritten.has('GITHUB_STATE'),
    cleanupTokens: zendesk.minted('cleanup token')
  }
}
type Facts = ReturnType<typeof factsOf>

const isAcceptedDelete = ({ method, verdict }: Exchange): boolean =>
  method === 'DELETE' && verdict === 'accepted'
const isSeenActive = ({ method, verdict }: Exchange): boolean =>
  method === 'GET' && (verdict === 'active' || verdict === 'forbidden')

/** What a step asked about a token after the first DELETE that was accepted; nothing if none was. */
function afterAcceptance(requests: Exchange[]): Exchange[] {
  const first = requests.findIndex(isAcceptedDelete)
  return first === -1 ? [] : requests.slice(first + 1).filter(({ method }) => method === 'GET')
}

/**
 * The hole that is documented: Zendesk accepts a DELETE without revoking anything, and its first response about the
 * token after that is a 401, although it is active.
 */
function isInHole({ about }: Step): boolean {
  const later = afterAcceptance(about).filter(({ verdict }) => verdict !== undefined)
  return later.at(-1)?.verdict === 'rejected' && !later.some(isSeenActive)
}

/**
 * Whether what Zendesk said about a token in a step proves that it is revoked: after an accepted DELETE one
 * rejection, or two a second apart if it was seen active since; without one three, a second and then 3 s apart.
 */
function isProved(requests: Exchange[]): boolean {
  const later = afterAcceptance(requests)
  const isAccepted = requests.some(isAcceptedDelete)
  const waits = !isAccepted ? [3000, 1000] : later.some(isSeenActive) ? [1000] : []
  // Responses that say nothing do not count; the newest comes first.
  const said = (isAccepted ? later : requests)
    .filter((each) => each.verdict === 'rejected' || isSeenActive(each))
    .reverse()
  return [0, ...waits].every((wait, index) => {
    const [next, each] = [said[index - 1], said[index]]
    return each?.verdict === 'rejected' && (next === undefined || next.at - each.at >= wait)
  })
}

/** What is missing in `text` about a token that may be active; `isId` if only its id will do as a name. */
function untold(text: string, { id }: Token, isId: boolean): string | false {
  const isNamed = text.includes(String(id)) || (!isId && text.includes('id unknown'))
  return !(isNamed && EXPIRY.test(text)) && `token ${id} or its expiry is not named`
}

/** What holds for each step. */
const STEP_RULES: Record<string, (step: Step, facts: Facts) => unknown> = {
  'nothing says that an active token is revoked or has expired': (step, { isActive }) =>
    isActive && !isInHole(step) && (step.says(PROOF) ?? PROOF.test(step.summary)),

  // By post, and by main of a token that it cannot save.
  'a token is called revoked only with a proof': ({ phase, about, says }, { main, token, given }) => {
    const isGone = ({ verdict, bearer }: Exchange): boolean => verdict === 'not found' && bearer !== token
    const isKnown =
      main.about.some(isSeenActive) || about.some((each) => isAcceptedDelete(each) || isGone(each))
    return given !== 'changed' && !(isProved(about) && isKnown) && says(/verified that/) && phase
  },

  'a token is called revoked without a proof only after an accepted DELETE, and if it was not seen active since':
    ({ about, says }, { given }) => {
      const isContradicted = given !== 'changed' && afterAcceptance(about).some(isSeenActive)
      return (isContradicted || !about.some(isAcceptedDelete)) && says(UNVERIFIED)
    },

  'a step ends by itself': ({ drained, outlived }) => drained || outlived,

  'a step ends soon after a signal': ({ signalledAt = Infinity, elapsed }) =>
    elapsed - signalledAt > LONGEST_END,

  'a step ends at its timeout': ({ phase, elapsed, unwritten }, { world }) => {
    const most = Math.min(world.timeout, phase === 'post' ? 240 : Infinity) * 1000
    return elapsed > most + TOLERANCE + (unwritten.has('GITHUB_STATE') ? CLEANUP : 0)
  },

  'no secret is shown in any form': ({ stdout, stderr, summary }, { secrets }) => {
    const lines = stdout.filter((line) => !line.startsWith('::add-mask::'))
    const shown = [...lines, stderr, summary].join('\n').toLowerCase()
    return secrets.find((secret) => formsOf(secret).some((form) => shown.includes(form.toLowerCase())))
  },

  'every token that is read is masked': ({ isKilled, exchanges, stdout }) => {
    const read = exchanges.filter(isRead).flatMap(({ minted }) => [minted!.value, minted!.refreshToken])
    return !isKilled && read.some((secret) => secret !== null && !stdout.includes(`::add-mask::${secret}`))
  },

  'only commands of a log are printed': ({ stdout }) =>
    stdout.find((line) => {
      const name = parseCommand(line)?.name ?? 'debug'
      return line.includes('##[') || !['add-mask', 'debug', 'error', 'warning'].includes(name)
    }),

  'stderr is empty': ({ stderr }) => stderr,

  'no line shows what only code knows': ({ says }) => says(/\b(?:undefined|NaN|Infinity|null)\b|\[object/),

  'sentences end with a full stop': ({ says }) => says(UNFINISHED),

  'an account is called missing only if a response says so': ({ exchanges, says }) =>
    // A 404 to a grant, which every account has, says it as well.
    !exchanges.some(
      ({ verdict, method, response }) =>
        verdict === 'nothing' || (method === 'POST' && response?.status === 404)
    ) && says(/no Zendesk account/),

  'Zendesk is said to reject a credential only if its own 401 says so': ({ exchanges, says }) =>
    !exchanges.some(({ response }) => response?.status === 401 && response.body.startsWith('{')) &&
    says(/Zendesk reject(?:s|ed) the (?:credentials|token)/)
}

/** What holds for both steps together. */
const JOB_RULES: Record<string, (facts: Facts) => unknown> = {
  'a cleanup token that is not proved gone is named': ({ cleanupTokens, zendesk, isAnyKilled, told }) => {
    const isGone = (token: Token): boolean => {
      const about = zendesk.exchanges.filter((each) => each.about === token)
      const isById = about.some((each) => isAcceptedDelete(each) && !each.path.endsWith('current'))
      return isById || ['main', 'post'].some((of) => isProved(about.filter(({ phase }) => phase === of)))
    }
    const isTold = ({ id }: Token): boolean => new RegExp(`cleanup token (?:${id}|\\(id unknown)`).test(told)
    const read = cleanupTokens.filter((token) => zendesk.isRead(token))
    return !isAnyKilled && read.find((token) => !isGone(token) && !isTold(token))
  },

  'a green main has an output that Zendesk did not reject last': ({ main, zendesk }) => {
    const token = zendesk.minted('token').find(({ value }) => value === main.outputs['token'])
    const said = main.exchanges.filter((each) => each.bearer === token && each.verdict !== 'nothing')
    const last = said.findLast(({ verdict }) => verdict !== undefined)
    return main.exitCode === 0 && (!token || last?.verdict === 'rejected')
  },

  'main takes no other token for its own': ({ main, token }) =>
    ![undefined, '', String(token?.id)].includes(main.outputs['token-id']),

  'no token of another job is revoked': ({ zendesk }) => zendesk.other.revoked,

  'a token that main read is known to post or told': ({ token, given, main, isLeft, isActive }) => {
    const isGone = main.exitCode === 1 && (!isActive || isInHole(main))
    const isDue = given === 'nothing' && !main.isKilled && !isLeft && !isGone
    return token && isDue && untold(main.told, token, false)
  },

  'a token that main cannot save is revoked at once, after a signal as well': ({ main, isUnsaved, isLeft }) =>
    isUnsaved && !main.isKilled && !isLeft && !main.exchanges.some(({ purpose }) => purpose === 'delete'),

  'a token that no step can know is told': ({ token, zendesk, main }) => {
    const isUnknown = (each: Token): boolean =>
      each !== token && zendesk.isActive(each) && !main.told.includes(String(each.id))
    return !main.isKilled && zendesk.minted('token').filter(isUnknown).length > main.unknown
  },

  'a cleanup token that no step can know is told': ({ cleanupTokens, zendesk, main, post, isAnyKilled }) => {
    const isLost = (token: Token): boolean => zendesk.isActive(token) && !zendesk.isRead(token)
    return !isAnyKilled && cleanupTokens.filter(isLost).length > main.unknown + post.unknown
  },

  'post names whatever may be active, and when it expires': (facts) => {
    const { token, isActive, given, isLeft, main, post } = facts
    if (!token || !isActive || post.isKilled || isLeft || isInHole(post)) return
    const text = [...post.warnings, ...post.infos].join('\n')
    if (given === 'changed') return text === ''
    return given === 'saved' && untold(text, token, (main.outputs['token-id'] ?? '') !== '')
  },

  'an active token is worth a warning, unless missing scopes were the only obstacle': (facts) => {
    const { isActive, given, isLeft, post } = facts
    const isExcused = post.isKilled || isLeft || isInHole(post) || post.warnings.length > 0
    if (!isActive || given !== 'saved' || isExcused) return
    const tried = post.exchanges.filter(({ purpose }) => ['delete', 'cleanup mint'].includes(purpose))
    // Of a request that was tried again, the last response counts.
    const key = (each: Exchange): string => `${each.method} ${each.path} ${each.bearer?.id ?? ''}`
    const last = new Map(tried.map((each) => [key(each), each]))
    const isScope = ({ verdict, response }: Exchange): boolean =>
      verdict === 'forbidden' || response?.body.includes('invalid_scope') === true
    const isOther = (each: Exchange): boolean => !isScope(each) && each.purpose !== 'cleanup mint'
    return tried.length === 0 || [...last.values()].some(isOther)
  },

  'a warning of post says how a token can be removed': ({ post: { warnings }, given }) =>
    given === 'saved' && warnings.find((line) => /^(?:Could not|Revoked)/.test(line) && !REMOVAL.test(line)),

  'a token without any scope is not left, even with a refresh token': ({ isUseless, world, post, given }) =>
    isUseless && given === 'saved' && world.skip !== 'true' && post.says(/is not revoked/),

  'a state that cannot be read is worth one warning': ({ given, post }) =>
    given === 'unreadable' && !post.isKilled && post.warnings.length !== 1,

  'without state, post does not say that no token was minted': ({ given, post }) =>
    given === 'nothing' && post.says(/no token was minted/i),

  'a red main has exactly one error, a green one none': ({ main }) =>
    !main.isKilled && (main.errors.length !== main.exitCode || main.exitCode > 1),

  'post exits 0, without an error and with one warning at most': ({ post }) =>
    !post.isKilled && (post.exitCode !== 0 || post.errors.length > 0 || post.warnings.length > 1),

  'a step needs a limited number of requests': ({ zendesk }) => zendesk.exchanges.length > MOST_REQUESTS,

  'a list that makes no progress ends': ({ zendesk: { exchanges } }) =>
    exchanges.some(({ phase, purpose }, index) => {
      const before = exchanges[index - 1]
      if (before?.phase !== phase || before.purpose !== purpose) return false
      return before.response?.status === 200 && before.fault.startsWith('no items')
    }),

  'nothing is sent after a signal, but to revoke a token that nobody else knows': ({ zendesk, main }) =>
    zendesk.exchanges.find(({ phase, purpose, bearer, about, sinceSignal }) => {
      if (sinceSignal === undefined) return false
      if (phase === 'main') return !main.unwritten.has('GITHUB_STATE') || sinceSignal > LONGEST_END
      const isItsOwn = purpose.startsWith('cleanup') && bearer !== undefined && bearer === about
      return !isItsOwn || sinceSignal > 2 * CLEANUP
    }),

  'post keeps the last fifth of its time, 5 s at most, for its message': ({ post, world }) => {
    const timeout = Math.min(world.timeout, 240) * 1000
    const end = timeout - Math.min(5000, timeout / 5)
    return post.exchanges.find(({ purpose, at }) => at > end && !purpose.startsWith('cleanup'))
  },

  'state holds no credential': ({ main, secrets, zendesk }) => {
    const minted = [...zendesk.roles.keys()].map(({ value }) => value)
    const text = JSON.stringify(main.state)
    return secrets.find((secret) => !minted.includes(secret) && text.includes(secret))
  },

  'a cleanup token is announced': ({ post: { exchanges, isKilled, signalledAt, says } }) => {
    const isMinted = exchanges.some((each) => each.purpose === 'cleanup mint' && isRead(each))
    return isMinted && !isKilled && signalledAt === undefined && !says(/cleanup token/)
  }
}

/** The forms in which a secret may be shown; 16 characters of it are enough. */
function formsOf(secret: string): string[] {
  const middle = Math.max(0, (secret.length >> 1) - 8)
  const part = secret.slice(middle, middle + 16)
  const encoded = (['base64', 'base64url', 'hex'] as const).map((form) => Buffer.from(secret).toString(form))
  return [part, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...encoded]
}

/** Every rule that a story contradicts, and how. */
export function contradictions(story: Story): string[] {
  const facts = factsOf(story)
  const found = Object.entries(JOB_RULES).map(([rule, check]) => [rule, check(facts)] as const)
  for (const step of [facts.main, facts.post]) {
    for (const [rule, check] of Object.entries(STEP_RULES))
      found.push([`${step.phase}: ${rule}`, check(step, facts)])
  }
  return found.flatMap(([rule, what]) => (what ? [`${rule}: ${JSON.stringify(what)}`] : []))
}

const isFailure = (line: string): boolean => line.startsWith('Could not revoke')

/** How stories have to end, some of them each way, so that the rules are about something. */
const ENDS: Record<string, (facts: Facts) => unknown> = {
  'main is green': ({ main }) => main.exitCode === 0,
  'main is red': ({ main }) => main.exitCode === 1,
  'main is killed': ({ main }) => main.isKilled,
  'main cannot save the token': ({ isUnsaved }) => isUnsaved,
  'a response to a mint is lost': ({ main }) => main.unknown > 0,
  'a token is revoked': ({ post }) => post.says(/^Revoked .*verified that/),
  'a token had expired': ({ post }) => post.says(/\bhad (?:already )?expired\b/),
  'a revocation cannot be verified': ({ post }) => post.warnings.some((line) => UNVERIFIED.test(line)),
  'a token cannot be revoked': ({ post }) => post.warnings.some(isFailure),
  'a token lacks the scopes to be revoked': ({ post }) => post.infos.some(isFailure),
  'a token is left': ({ post }) => post.says(/is not revoked/),
  'post has no state': ({ given }) => given === 'nothing',
  'post cannot read its state': ({ given }) => given === 'unreadable',
  'post has other state': ({ given }) => given === 'changed',
  'a cleanup token is minted': ({ cleanupTokens }) => cleanupTokens.length > 0,
  'post is cancelled': ({ post }) => post.signalledAt !== undefined && !post.isKilled
}

/** Counts how stories ended: those in the documented hole, and which ends none of them had yet. */
export class Ends {
  holes = 0
  readonly missing = new Set(Object.keys(ENDS))

  count(story: Story): void {
    const facts = factsOf(story)
    if (facts.isActive && isInHole(facts.post) && facts.post.says(PROOF)) this.holes++
    for (const end of this.missing) if (ENDS[end]!(facts)) this.missing.delete(end)
  }
}
