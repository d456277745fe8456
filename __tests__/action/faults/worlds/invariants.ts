/*
 * What holds in every world. Each rule has a name, and returns what contradicts it.
 */
import { parseCommand } from '../../../../mock/runner/commands.ts'
import { type Token } from '../../../../mock/zendesk/account.ts'
import { type StepEnd, type Story } from './run.ts'
import { type Phase } from './world.ts'
import { isRead, MOST_REQUESTS, type Exchange } from './zendesk.ts'

/** The claim that Zendesk rejects the token, because it was revoked or has expired. */
const PROOF = /verified that Zendesk rejects|\bhad (?:already )?expired\b|^Zendesk rejects\b/
/** The claim that it was revoked, without a proof. */
const UNVERIFIED = /\bRevoked (?:the )?token\b.*\bbut\b.*\bnot be verified/
const MAY_EXIST = /\b(?:An|Up to (\d+)) unused tokens? of client .*? may exist since \d\d:\d\d UTC/g
const EXPIRY =
  /\bexpires? (?:at|in|after|within) |does not expire|may never expire|did not report when it expires/
const REMOVAL = /DELETE \S+\/api\/v2\/oauth\/tokens\/(?:\d+|\{id\})/

/** Milliseconds that a step may take beyond its timeout, to end its last request. */
const TOLERANCE = 300
/** Milliseconds that a token which no other step knows may be revoked in, after a signal or the timeout. */
const CLEANUP = 4000
/** Milliseconds after a signal in which a step ends; the runner kills it after 10 s. */
const LONGEST_END = 9000

/** What a step printed, by kind and without masks and debug lines. */
interface Said {
  errors: string[]
  warnings: string[]
  infos: string[]
  all: string[]
}

/** What the rules are about. */
interface Facts extends Story {
  said: Record<Phase, Said>
  /** The token whose mint main could read, and whether it is active when post has ended. */
  token: Token | undefined
  isActive: boolean
  /** The requests about it. */
  about: Exchange[]
  /** Whether Zendesk reported that it has no scope at all. */
  isUseless: boolean
  /** Whether the token is to be left, as the input or its refresh token says. */
  isLeft: boolean
  isKilled: Record<Phase, boolean>
  cleanupTokens: Token[]
}

type Rule = (facts: Facts) => string | false | undefined

function saidBy({ stdout }: StepEnd): Said {
  const commands = stdout.map((line) => ({ line, command: parseCommand(line) }))
  const dataOf = (name: string): string[] =>
    commands.flatMap(({ command }) => (command?.name === name ? [command.data] : []))
  const infos = commands.flatMap(({ line, command }) => (command ? [] : [line]))
  const [errors, warnings] = [dataOf('error'), dataOf('warning')]
  return { errors, warnings, infos, all: [...errors, ...warnings, ...infos] }
}

function factsOf(story: Story): Facts {
  const { world, zendesk, main, post } = story
  const mint = zendesk.exchanges.find((each) => each.purpose === 'mint' && isRead(each))
  const token = mint?.minted
  const isUseless = /"scopes?":(?:""|\[\])/.test(mint?.response?.body ?? '')
  return {
    ...story,
    said: { main: saidBy(main), post: saidBy(post) },
    token,
    isActive: token !== undefined && zendesk.isActive(token),
    about: token ? zendesk.exchanges.filter(({ about }) => about === token) : [],
    isUseless,
    isLeft: world.skip === 'true' || (world.skip === 'auto' && token?.refreshToken !== null && !isUseless),
    isKilled: { main: main.exitCode === null, post: post.exitCode === null },
    cleanupTokens: zendesk.minted('cleanup token')
  }
}

const isAcceptedDelete = ({ method, verdict }: Exchange): boolean =>
  method === 'DELETE' && verdict === 'accepted'
const isSeenActive = ({ method, verdict }: Exchange): boolean =>
  method === 'GET' && (verdict === 'active' || verdict === 'forbidden')
const lineOf = (each: Exchange | undefined): string | undefined =>
  each && `${each.method} ${each.path} at ${each.at} ms of ${each.phase}`

/** What was asked about a token in this step after the first DELETE that was accepted; nothing if none was. */
function afterAcceptance(requests: Exchange[], phase: Phase): Exchange[] {
  const all = requests.filter((each) => each.phase === phase)
  const first = all.findIndex(isAcceptedDelete)
  return first === -1 ? [] : all.slice(first + 1).filter(({ method }) => method === 'GET')
}

/**
 * The hole that is documented: Zendesk accepts a DELETE without revoking anything, and its first response about the
 * token after that is a 401, although it is active.
 */
function isInHole(requests: Exchange[], phase: Phase): boolean {
  const later = afterAcceptance(requests, phase).filter(({ verdict }) => verdict !== undefined)
  return later.at(-1)?.verdict === 'rejected' && !later.some(isSeenActive)
}

/**
 * Whether what Zendesk said about a token in this step proves that it is revoked: after an accepted DELETE one
 * rejection, or two a second apart if it was seen active since; without one three, a second and then 3 s apart.
 */
function isProved(requests: Exchange[], phase: Phase): boolean {
  const later = afterAcceptance(requests, phase)
  const all = requests.filter((each) => each.phase === phase)
  const isAccepted = all.some(isAcceptedDelete)
  const waits = !isAccepted ? [3000, 1000] : later.some(isSeenActive) ? [1000] : []
  // Responses that say nothing do not count; the newest comes first.
  const said = (isAccepted ? later : all)
    .filter((each) => each.verdict === 'rejected' || isSeenActive(each))
    .reverse()
  return [0, ...waits].every((wait, index) => {
    const [next, each] = [said[index - 1], said[index]]
    return each?.verdict === 'rejected' && (next === undefined || next.at - each.at >= wait)
  })
}

/** How many tokens a step says may exist that nobody knows. */
const countTold = ({ errors, warnings }: Said): number =>
  [...errors, ...warnings]
    .flatMap((line) => [...line.matchAll(MAY_EXIST)])
    .reduce((sum, [, many = 1]) => sum + Number(many), 0)

/** Whether `text` names the token; `isId` if only its id will do. */
const isNamed = (text: string, { id }: Token, isId = false): boolean =>
  text.includes(String(id)) || (!isId && text.includes('id unknown'))

/** What is missing in `text` about a token that may be active. */
function untold(text: string, token: Token, isId: boolean): string | undefined {
  if (!isNamed(text, token, isId)) return `token ${token.id} is not named`
  return EXPIRY.test(text) ? undefined : `the expiry of token ${token.id} is not named`
}

/** Checks both steps. */
function steps(
  { main, post, said }: Facts,
  check: (phase: Phase, step: StepEnd, said: Said) => string | false | undefined
): string | undefined {
  const found = [check('main', main, said.main), check('post', post, said.post)]
  return found.find((each) => typeof each === 'string' && each !== '') as string | undefined
}

/** What is said of proofs: by post, and by main of a token that it cannot save. */
const PROOFS: Record<string, Rule> = {
  'nothing says that an active token is revoked or has expired': (facts) =>
    facts.isActive &&
    steps(
      facts,
      (phase, { summary }, { all }) =>
        !isInHole(facts.about, phase) && [...all, summary].find((line) => PROOF.test(line))
    ),

  'a token is called revoked only with a proof': (facts) =>
    facts.given !== 'changed' &&
    steps(facts, (phase, _step, { all }) => {
      const isKnown = facts.about.some(
        (each) =>
          (each.phase === 'main' && isSeenActive(each)) ||
          (each.phase === phase && isAcceptedDelete(each)) ||
          (each.phase === phase && each.verdict === 'not found' && each.bearer !== facts.token)
      )
      return !(isProved(facts.about, phase) && isKnown) && all.find((line) => line.includes('verified that'))
    }),

  'a token is called revoked without a proof only after an accepted DELETE': (facts) =>
    steps(
      facts,
      (phase, _step, { all }) =>
        !facts.about.some((each) => each.phase === phase && isAcceptedDelete(each)) &&
        all.find((line) => UNVERIFIED.test(line))
    ),

  'a token that was seen active after an accepted DELETE is not called revoked without a proof': (facts) =>
    facts.given !== 'changed' &&
    steps(
      facts,
      (phase, _step, { all }) =>
        afterAcceptance(facts.about, phase).some(isSeenActive) && all.find((line) => UNVERIFIED.test(line))
    ),

  'a cleanup token that is not proved gone is named': ({ cleanupTokens, zendesk, said, isKilled }) => {
    if (isKilled.main || isKilled.post) return
    const text = [...said.main.errors, ...said.main.warnings, ...said.post.warnings].join(' ')
    const isGone = (token: Token): boolean => {
      const about = zendesk.exchanges.filter((each) => each.about === token)
      const isById = about.some((each) => isAcceptedDelete(each) && !each.path.endsWith('current'))
      return isById || isProved(about, 'main') || isProved(about, 'post')
    }
    const read = cleanupTokens.filter((token) =>
      zendesk.exchanges.some((each) => each.minted === token && isRead(each))
    )
    const isTold = ({ id }: Token): boolean => new RegExp(`cleanup token (?:${id}|\\(id unknown)`).test(text)
    return read.find((token) => !isGone(token) && !isTold(token))?.id.toString()
  }
}

/** What becomes of tokens. */
const TOKENS: Record<string, Rule> = {
  'a green main has an output that Zendesk did not reject last': ({ main, zendesk }) => {
    if (main.exitCode !== 0) return
    const token = zendesk.minted('token').find(({ value }) => value === main.outputs['token'])
    const said = zendesk.exchanges.filter(
      (each) => each.bearer === token && each.verdict && each.verdict !== 'nothing'
    )
    const last = said.findLast(({ phase }) => phase === 'main')
    if (!token) return 'the output is missing or another token'
    return last?.verdict === 'rejected' && lineOf(last)
  },

  'main takes no other token for its own': ({ main, token }) => {
    const id = main.outputs['token-id'] ?? ''
    return id !== '' && id !== String(token?.id) && `token-id is ${id}`
  },

  'no token of another job is revoked': ({ zendesk }) =>
    zendesk.other.revoked && `${zendesk.other.id} is revoked`,

  'a token that main read is known to post or told': (facts) => {
    const { token, given, said, isKilled, isLeft, isActive, about, main } = facts
    const isGone = main.exitCode === 1 && (!isActive || isInHole(about, 'main'))
    if (!token || given !== 'nothing' || isKilled.main || isLeft || isGone) return
    return untold([...said.main.errors, ...said.main.warnings].join(' '), token, false)
  },

  'a token that main cannot save is revoked at once, after a signal as well': (facts) => {
    const { token, given, isKilled, isLeft, main, zendesk } = facts
    const isUnsaved = token && given === 'nothing' && main.unwritten.has('GITHUB_STATE')
    const isTried = zendesk.exchanges.some(({ phase, purpose }) => phase === 'main' && purpose === 'delete')
    return isUnsaved && !isKilled.main && !isLeft && !isTried && 'no DELETE was sent'
  },

  'a token that no step can know is told': ({ token, zendesk, said, isKilled }) => {
    const text = [...said.main.errors, ...said.main.warnings].join(' ')
    const isUnknown = (each: Token): boolean =>
      each !== token && zendesk.isActive(each) && !text.includes(String(each.id))
    const [unknown, told] = [zendesk.minted('token').filter(isUnknown).length, countTold(said.main)]
    return !isKilled.main && unknown > told && `${unknown} active, ${told} told`
  },

  'a cleanup token that no step can know is told': ({ cleanupTokens, zendesk, said, isKilled }) => {
    const isLost = (token: Token): boolean =>
      zendesk.isActive(token) && !zendesk.exchanges.some((each) => each.minted === token && isRead(each))
    const [lost, told] = [cleanupTokens.filter(isLost).length, countTold(said.main) + countTold(said.post)]
    return !isKilled.main && !isKilled.post && lost > told && `${lost} active, ${told} told`
  },

  'post names whatever may be active, and when it expires': (facts) => {
    const { token, isActive, given, isKilled, isLeft, about, said, main } = facts
    if (!token || !isActive || isKilled.post || isLeft || isInHole(about, 'post')) return
    const text = [...said.post.warnings, ...said.post.infos].join('\n')
    if (given === 'changed') return text === '' && 'nothing is said'
    return given === 'saved' && untold(text, token, (main.outputs['token-id'] ?? '') !== '')
  },

  'an active token is worth a warning, unless missing scopes were the only obstacle': (facts) => {
    const { token, isActive, given, isKilled, isLeft, about, said, zendesk } = facts
    const isExcused = isKilled.post || isLeft || isInHole(about, 'post') || said.post.warnings.length > 0
    if (!token || !isActive || given !== 'saved' || isExcused) return
    const tries = new Map<string, Exchange>()
    // Of a request that was tried again, the last response counts.
    for (const each of zendesk.exchanges) {
      const isTry = each.phase === 'post' && ['delete', 'cleanup mint'].includes(each.purpose)
      if (isTry) tries.set(`${each.method} ${each.path} ${each.bearer?.id ?? ''}`, each)
    }
    const isScope = ({ verdict, response }: Exchange): boolean =>
      verdict === 'forbidden' || response?.body.includes('invalid_scope') === true
    if (tries.size === 0) return 'nothing was tried'
    return lineOf([...tries.values()].find((each) => !isScope(each) && each.purpose !== 'cleanup mint'))
  },

  'a warning of post says by which request a token can be removed': ({ said, given }) =>
    given === 'saved' &&
    said.post.warnings.find((line) => /^(?:Could not|Revoked)/.test(line) && !REMOVAL.test(line)),

  'a warning of post says that Admin Center can remove a token': ({ said, given }) =>
    given === 'saved' &&
    said.post.warnings.find((line) => /^(?:Could not|Revoked)/.test(line) && !line.includes('Admin Center')),

  'a token without any scope is not left, even with a refresh token': ({ isUseless, world, said, given }) =>
    isUseless &&
    given === 'saved' &&
    world.skip !== 'true' &&
    said.post.infos.find((line) => line.includes('is not revoked')),

  'a state that cannot be read is worth one warning': ({ given, said, isKilled }) =>
    given === 'unreadable' && !isKilled.post && said.post.warnings.length !== 1 && said.post.all.join(' / '),

  'without state, post does not say that no token was minted': ({ given, said }) =>
    given === 'nothing' && said.post.infos.find((line) => /no token was minted/i.test(line))
}

/** How steps end. */
const ENDS: Record<string, Rule> = {
  'a red main has exactly one error, a green one none': ({ main, said, isKilled }) =>
    !isKilled.main &&
    !(said.main.errors.length === main.exitCode && main.exitCode <= 1) &&
    `exit code ${main.exitCode}, ${said.main.errors.length} errors`,

  'post exits 0, without an error and with one warning at most': ({ post, said, isKilled }) =>
    !isKilled.post &&
    (post.exitCode !== 0 || said.post.errors.length > 0 || said.post.warnings.length > 1) &&
    `exit code ${post.exitCode}, ${said.post.errors.length} errors, ${said.post.warnings.length} warnings`,

  'a step ends by itself': (facts) =>
    steps(facts, (phase, { drained, outlived }) => {
      if (drained) return `${phase} waits for nothing`
      return outlived && `${phase} is killed`
    }),

  'a step ends soon after a signal': (facts) =>
    steps(
      facts,
      (phase, { signalledAt = Infinity, elapsed }) =>
        elapsed - signalledAt > LONGEST_END && `${phase} takes ${elapsed - signalledAt} ms`
    ),

  'a step ends at its timeout': (facts) =>
    steps(facts, (phase, { elapsed, unwritten }) => {
      const most = Math.min(facts.world.timeout, phase === 'post' ? 240 : Infinity) * 1000
      return (
        elapsed > most + TOLERANCE + (unwritten.has('GITHUB_STATE') ? CLEANUP : 0) &&
        `${phase}: ${elapsed} ms`
      )
    }),

  'a step needs a limited number of requests': ({ zendesk: { exchanges } }) =>
    exchanges.length > MOST_REQUESTS && lineOf(exchanges.at(-1)),

  'a list that makes no progress ends': ({ zendesk: { exchanges } }) =>
    lineOf(
      exchanges.find(({ phase, purpose }, index) => {
        const before = exchanges[index - 1]
        if (before?.phase !== phase || before.purpose !== purpose) return false
        return before.response?.status === 200 && before.fault.startsWith('no items')
      })
    )
}

/** What is sent. */
const REQUESTS: Record<string, Rule> = {
  'nothing is sent after a signal, but to revoke a token that nobody else knows': ({ zendesk, main }) =>
    lineOf(
      zendesk.exchanges.find(({ phase, purpose, bearer, about, sinceSignal }) => {
        if (sinceSignal === undefined) return false
        if (phase === 'main') return !main.unwritten.has('GITHUB_STATE') || sinceSignal > LONGEST_END
        const isItsOwn = purpose.startsWith('cleanup') && bearer !== undefined && bearer === about
        return !isItsOwn || sinceSignal > 2 * CLEANUP
      })
    ),

  'post keeps the last fifth of its time, 5 s at most, for its message': ({ zendesk, world }) => {
    const timeout = Math.min(world.timeout, 240) * 1000
    const end = timeout - Math.min(5000, timeout / 5)
    const isLate = ({ phase, purpose, at }: Exchange): boolean =>
      phase === 'post' && at > end && !purpose.startsWith('cleanup')
    return lineOf(zendesk.exchanges.find(isLate))
  }
}

/** What is printed and saved. */
const WORDS: Record<string, Rule> = {
  'no secret is shown in any form': ({ main, post, secrets }) => {
    const shown = [main, post]
      .flatMap(({ stdout, stderr, summary }) => [
        ...stdout.filter((line) => !line.startsWith('::add-mask::')),
        stderr,
        summary
      ])
      .join('\n')
      .toLowerCase()
    return secrets.find((secret) => formsOf(secret).some((form) => shown.includes(form.toLowerCase())))
  },

  'state holds no credential': ({ main, secrets, zendesk }) => {
    const minted = [...zendesk.roles.keys()].map(({ value }) => value)
    const text = JSON.stringify(main.state)
    return secrets.find((secret) => !minted.includes(secret) && text.includes(secret))
  },

  'every token that is read is masked': ({ main, post, zendesk, isKilled }) => {
    const isMissing = ({ phase, minted }: Exchange): boolean => {
      const secrets = [minted!.value, ...(minted!.refreshToken === null ? [] : [minted!.refreshToken])]
      const { stdout } = phase === 'main' ? main : post
      return !isKilled[phase] && !secrets.every((secret) => stdout.includes(`::add-mask::${secret}`))
    }
    return zendesk.exchanges.filter(isRead).find(isMissing)?.minted?.id.toString()
  },

  'only commands of a log are printed': (facts) =>
    steps(facts, (_phase, { stdout }) =>
      stdout.find((line) => {
        const name = parseCommand(line)?.name ?? 'debug'
        return line.includes('##[') || !['add-mask', 'debug', 'error', 'warning'].includes(name)
      })
    ),

  'stderr is empty': (facts) => steps(facts, (_phase, { stderr }) => stderr),

  'a cleanup token is announced': ({ said, zendesk, post, isKilled }) => {
    const isMinted = zendesk.exchanges.some(
      (each) => each.phase === 'post' && each.purpose === 'cleanup mint' && isRead(each)
    )
    const isTold = said.post.all.some((line) => line.includes('cleanup token'))
    return isMinted && !isTold && !isKilled.post && post.signalledAt === undefined && 'nothing is said'
  },

  'no line shows what only code knows': (facts) =>
    steps(facts, (_phase, _step, { all }) =>
      all.find((line) => /\b(?:undefined|NaN|Infinity|null)\b|\[object/.test(line))
    ),

  'sentences end with a full stop': (facts) =>
    steps(facts, (_phase, _step, { all }) =>
      all.find((line) =>
        /[^.?!:] (?:It (?:expires|does not)|Without that|To (?:revoke|remove) |See https|Run the job|Raise `)/.test(
          line
        )
      )
    ),

  'an account is called missing only if a response says so': (facts) =>
    steps(facts, (phase, _step, { all }) => {
      // A 404 to a grant, which every account has, says it as well.
      const isSaid = facts.zendesk.exchanges.some(
        (each) =>
          each.phase === phase &&
          (each.verdict === 'nothing' || (each.method === 'POST' && each.response?.status === 404))
      )
      return !isSaid && all.find((line) => line.includes('no Zendesk account'))
    }),

  'Zendesk is said to reject a credential only if its own 401 says so': (facts) =>
    steps(facts, (phase, _step, { all }) => {
      const isSaid = facts.zendesk.exchanges.some(
        ({ phase: of, response }) => of === phase && response?.status === 401 && response.body.startsWith('{')
      )
      return !isSaid && all.find((line) => /Zendesk reject(?:s|ed) the (?:credentials|token)/.test(line))
    })
}

/** The forms in which a secret may be shown; 16 characters of it are enough. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const middle = Math.max(0, (secret.length >> 1) - 8)
  return [
    secret.slice(middle, middle + 16),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex')
  ]
}

export const RULES: Readonly<Record<string, Rule>> = { ...PROOFS, ...TOKENS, ...ENDS, ...REQUESTS, ...WORDS }

/** Every rule that a story contradicts, and how. */
export function contradictions(story: Story): { rule: string; found: string }[] {
  const facts = factsOf(story)
  return Object.entries(RULES).flatMap(([rule, check]) => {
    const found = check(facts)
    return typeof found === 'string' && found !== '' ? [{ rule, found }] : []
  })
}

/** How a story ended, so that a test can see that the rules are about something. */
export function endsOf(story: Story): string[] {
  const { main, post, said, given, isActive, isKilled, about, cleanupTokens } = factsOf(story)
  const hasInfo = (pattern: RegExp): boolean => said.post.infos.some((line) => pattern.test(line))
  const hasWarning = (pattern: RegExp): boolean => said.post.warnings.some((line) => pattern.test(line))
  const ends = {
    'main is green': main.exitCode === 0,
    'main is red': main.exitCode === 1,
    'main is killed': isKilled.main,
    'main cannot save the token': main.unwritten.has('GITHUB_STATE') && given === 'nothing',
    'a response to a mint is lost': countTold(said.main) > 0,
    'a token is revoked': hasInfo(/^Revoked .*verified that/),
    'a token had expired': hasInfo(/\bhad (?:already )?expired\b/),
    'a revocation cannot be verified': hasWarning(UNVERIFIED),
    'a token cannot be revoked': hasWarning(/^Could not revoke/),
    'a token lacks the scopes to be revoked': hasInfo(/^Could not revoke/),
    'a token is left': hasInfo(/is not revoked/),
    'post has no state': given === 'nothing',
    'post cannot read its state': given === 'unreadable',
    'post has other state': given === 'changed',
    'a cleanup token is minted': cleanupTokens.length > 0,
    'post is cancelled': post.signalledAt !== undefined && !isKilled.post,
    'the documented hole': isActive && isInHole(about, 'post') && hasInfo(PROOF)
  }
  return Object.entries(ends).flatMap(([end, isMet]) => (isMet ? [end] : []))
}
