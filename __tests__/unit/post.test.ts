import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startZendesk, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { mint } from '../../src/main.ts'
import { revoke, revokeFailed } from '../../src/post.ts'
import { log } from '../../src/runner/log.ts'
import { setStage } from './runner-env.ts'

const stage = setStage()
let zendesk: Zendesk

beforeEach(async () => {
  zendesk = await startZendesk({ now: () => stage.world.now() })
})
afterEach(async () => {
  await zendesk.close()
})

type Given = Record<string, string>

const CURRENT = '/api/v2/oauth/tokens/current'
const account = (): Given => ({ subdomain: 'acme', 'client-id': 'ci_bot', 'base-url': zendesk.url })
const withA = (): Given => ({
  ...account(),
  email: zendesk.credentials.email,
  'api-token': zendesk.credentials.apiToken
})
const withB = (): Given => ({ ...account(), 'access-token': zendesk.credentials.accessToken })
const withC = (): Given => ({ ...account(), 'client-secret': String(zendesk.client('ci_bot').secret) })
function withD(scope = 'read write'): Given {
  const redirectUri = 'https://acme.example/back'
  const challenge = { codeChallenge: 'a-verifier-of-some-length', codeChallengeMethod: 'plain' } as const
  const code = zendesk.authorize({ client: 'browser_app', redirectUri, scope, ...challenge })
  const grant = {
    'authorization-code': code,
    'redirect-uri': redirectUri,
    'code-verifier': challenge.codeChallenge
  }
  return { ...account(), 'client-id': 'browser_app', ...grant }
}

/** Lets main mint a token, and hands its state over to post. */
async function minted(inputs: Given): Promise<Token> {
  stage.inputs(inputs)
  await mint(stage.step)
  stage.handOver()
  stage.said = []
  stage.budgets = []
  zendesk.forget()
  return zendesk.living()[0]!
}

/** Has post read another state. */
function changeState(change: (state: { minted: Given; context: Given }) => void): void {
  const state = JSON.parse(process.env['STATE_zendesk']!) as { minted: Given; context: Given }
  change(state)
  process.env['STATE_zendesk'] = JSON.stringify(state)
}

/** What post says, but for masks and debug lines. */
async function post(): Promise<string[]> {
  await revoke(stage.step)
  return stage.spoken()
}

const BY_HAND = (id: number): string =>
  `to remove it by hand, send DELETE ${zendesk.url}/api/v2/oauth/tokens/${id} as an admin, or let \`sweep\` remove it.`
const ENDS = 'it expires by itself at 2026-11-21T13:00:00Z'

describe('post without a token to revoke', () => {
  it.each([
    [undefined, 'No token was minted, so there is nothing to revoke.'],
    ['{"minted":{}}', 'No token was minted, so there is nothing to revoke.'],
    ['{"skipped":"true"}', 'The token is left alive, as skip-token-revoke says.'],
    [
      '{"skipped":"auto"}',
      'The token is left alive, since revoking it would kill the refresh token that came with it.'
    ]
  ])('says one line and sends nothing: %s', async (state, line) => {
    if (state !== undefined) process.env['STATE_zendesk'] = state
    stage.inputs(withA())
    await revoke(stage.step)
    expect(stage.said).toEqual([line])
    expect(zendesk.requests).toEqual([])
  })

  it('says so of a token that expired more than a minute ago by the time that passed', async () => {
    const { id } = await minted(withC())
    stage.world.jump(3_660_001)
    expect(await post()).toEqual([`Token ${id} has expired, so there is nothing to revoke.`])
    expect(stage.said).toHaveLength(1)
    expect(zendesk.requests).toEqual([])
  })

  it('does not take a token for expired that may be alive', async () => {
    await minted(withC())
    stage.world.jump(3_660_000)
    await post()
    expect(zendesk.requests).not.toEqual([])
  })

  it('does not take a token for expired because Zendesk’s clock is another one', async () => {
    zendesk.advance(-7 * 86_400_000)
    const { id } = await minted(withC())
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
  })

  it('does not take a token for expired that has no expiry', async () => {
    const { id } = await minted(withA())
    stage.world.jump(365 * 86_400_000)
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
  })
})

describe('post with a token', () => {
  it.each([
    ['A', withA],
    ['B', withB]
  ])('revokes it with the credential, and proves it dead, with %s', async (_name, inputs) => {
    const { id, value } = await minted(inputs())
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
    expect(zendesk.seen()).toEqual([`DELETE /api/v2/oauth/tokens/${id}`, `GET ${CURRENT}`])
    expect(zendesk.requests[0]!.headers.authorization).not.toContain(value)
    expect(zendesk.requests[1]!.headers.authorization).toBe(`Bearer ${value}`)
    expect(zendesk.living()).toEqual([])
  })

  it('revokes it with itself, with C', async () => {
    const { id, value } = await minted(withC())
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
    expect(zendesk.seen()).toEqual([`DELETE /api/v2/oauth/tokens/${id}`, `GET ${CURRENT}`])
    expect(zendesk.requests[0]!.headers.authorization).toBe(`Bearer ${value}`)
  })

  it('masks the credential and the token before anything else', async () => {
    const { value } = await minted(withC())
    await post()
    expect(stage.said.slice(0, 2)).toEqual([
      `::add-mask::${withC()['client-secret']!}`,
      `::add-mask::${value}`
    ])
    expect(stage.said.slice(2).join()).not.toContain('::add-mask::')
  })

  it('masks no input of another credential than its own', async () => {
    const { value } = await minted({ ...withD(), 'skip-token-revoke': 'false' })
    stage.inputs({ ...withC(), 'api-token': 'the-api-token-of-others', 'refresh-token': 'the-refresh-token' })
    await post()
    expect(stage.all('add-mask')).toEqual([value])
  })

  it.each([
    [300, 240, 5000],
    [60, 60, 5000],
    [5, 5, 1000],
    [3600, 240, 5000]
  ])('has of a budget of %d s at most %d, and keeps %d ms of it', async (timeout, seconds, reserve) => {
    await minted({ ...withC(), 'timeout-seconds': String(timeout) })
    await post()
    expect(stage.budgets).toEqual([[seconds, reserve]])
  })

  it('takes everything but the credential from the state', async () => {
    const { id } = await minted({ ...withC(), 'job-summary': 'true' })
    stage.inputs({
      subdomain: 'evil',
      'client-id': 'other',
      'base-url': 'https://127.0.0.1:1',
      'skip-token-revoke': 'true',
      'job-summary': 'false',
      'timeout-seconds': '0',
      'client-secret': withC()['client-secret']!
    })
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
    expect(stage.text('GITHUB_STEP_SUMMARY')).toContain('<h3>Zendesk token revoked</h3>')
  })
})

describe('the credential in post', () => {
  it.each([
    ['another', 'another-api-token-than-that-one'],
    ['none', '']
  ])('is not used where it is %s than in main', async (_which, apiToken) => {
    const { id, value } = await minted(withA())
    stage.inputs({ ...withA(), 'api-token': apiToken })
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
    for (const { headers } of zendesk.requests) expect(headers.authorization).toBe(`Bearer ${value}`)
  })

  it('is missed where the token cannot revoke itself', async () => {
    const { id } = await minted({ ...withA(), scopes: 'tickets:read' })
    stage.inputs({})
    const [line, ...more] = await post()
    expect(more).toEqual([])
    expect(line).toMatch(new RegExp(`^::warning::Token ${id} may still be alive: `))
    expect(line).toContain(
      '(the post step was given other inputs than the main step, so it could not use the credential); it does not expire by itself'
    )
    expect(line!.endsWith(BY_HAND(id))).toBe(true)
  })

  it('is missed although the token ends by itself', async () => {
    await minted({ ...withA(), 'client-id': 'tickets_only', scopes: 'tickets:read' })
    stage.inputs({})
    expect(await post()).toEqual([
      expect.stringMatching(
        /^::warning::.*could not use the credential\); it expires by itself at 2026-11-21T12:30:00Z/
      )
    ])
  })

  it('is used where only it can revoke the token', async () => {
    const { id } = await minted({ ...withA(), scopes: 'tickets:read' })
    expect(await post()).toEqual([`Token ${id} revoked, and verified dead.`])
  })

  it('is a helper’s where the token cannot revoke itself, with C, which is masked and revoked', async () => {
    const { value } = await minted({ ...withC(), scopes: 'tickets:read' })
    expect(await post()).toEqual(['Token (id unknown) revoked, and verified dead.'])
    expect(zendesk.living()).toEqual([])
    const helper = [...zendesk.tokens.values()].at(-1)!
    expect(stage.all('add-mask')).toEqual([withC()['client-secret'], value, helper.value])
  })

  it('leaves a warning where the helper could not be revoked', async () => {
    await minted({ ...withC(), scopes: 'tickets:read' })
    zendesk.fault({ path: /\/tokens\/\d+$/, method: 'DELETE' }, [
      { kind: 'pass' },
      { kind: 'reply', status: 418 }
    ])
    expect(await post()).toEqual([
      'Token (id unknown) revoked, and verified dead.',
      expect.stringMatching(/^::warning::The helper token \d+ could not be revoked \(Zendesk answered 418\)/)
    ])
  })
})

describe('a token that lives on', () => {
  it('is worth a warning', async () => {
    const { id } = await minted(withC())
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 400 })
    zendesk.fault({ path: '/oauth/tokens' }, { kind: 'reply', status: 400 })
    const [line, ...more] = await post()
    expect(more).toEqual([])
    expect(line).toMatch(new RegExp(`^::warning::Token ${id} may still be alive: .*; ${ENDS}; `))
    expect(line).not.toContain('not given the credential')
    expect(line!.endsWith(BY_HAND(id))).toBe(true)
  })

  it('is worth a warning that says how to find it where its id is not known', async () => {
    await minted({ ...withC(), scopes: 'tickets:read' })
    zendesk.fault({ path: '/oauth/tokens' }, { kind: 'reply', status: 400 })
    const tokens = `${zendesk.url}/api/v2/oauth/tokens`
    expect(await post()).toEqual([
      expect.stringContaining(
        `find it as an admin with GET ${tokens} and send DELETE ${tokens}/{id}, or let \`sweep\` remove it.`
      )
    ])
  })

  it('is worth a line where scope was all that was missing, and it expires', async () => {
    await minted({ ...withC(), scopes: 'tickets:read' })
    zendesk.fault({ path: '/oauth/tokens' }, { kind: 'reply', status: 400, body: { error: 'invalid_scope' } })
    expect(await post()).toEqual([
      `Token (id unknown) could not be revoked, since no token at hand has the scope \`write\`; ${ENDS}.`
    ])
  })

  it('is worth one warning where a helper lives on as well', async () => {
    await minted({ ...withC(), scopes: 'tickets:read' })
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 403 })
    expect(await post()).toEqual([
      expect.stringMatching(
        /^::warning::Token \(id unknown\) may still be alive: .* remove it\. The helper token \d+ could not be revoked/
      )
    ])
  })

  it('is worth a warning where scope was all that was missing, but it never expires', async () => {
    await minted({ ...withD('tickets:read'), 'skip-token-revoke': 'false' })
    changeState(({ minted: token }) => {
      token['expiresAt'] = ''
      delete token['lifetime']
    })
    expect(await post()).toEqual([expect.stringMatching(/^::warning::.*; it does not expire by itself; /)])
    process.env['STATE_zendesk'] = stage.written('GITHUB_STATE').at(-1)![1]
    stage.said = []
    expect(await post()).toEqual([expect.not.stringMatching(/^::warning/)])
  })

  it('is worth a warning in a job that is cancelled', async () => {
    const { id } = await minted(withC())
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 500 })
    stage.world.onSleep = () => {
      stage.stop.abort()
    }
    const [line, ...more] = await post()
    expect(more.join()).toMatch(/cancelled/)
    expect([line, ...more].filter((text) => text!.startsWith('::warning::'))).toHaveLength(1)
    expect(more.at(-1)).toMatch(new RegExp(`^::warning::Token ${id} may still be alive: .*cancelled`))
  })

  it('is worth a warning in words that read as one sentence', async () => {
    await minted(withC())
    stage.stop.abort()
    const [line] = await post()
    expect(line).not.toMatch(/\.[;.]/)
  })
})

describe('a token that may be dead', () => {
  it('is told to be revoked, but not verified', async () => {
    await minted(withC())
    zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'reply', status: 418 })
    expect(await post()).toEqual([
      expect.stringMatching(
        /^::warning::Token \d+ revoked, not verified: .*418.*; it expires by itself at 2026-11-21T13:00:00Z; to remove it by hand, /
      )
    ])
  })
})

describe('the summary of post', () => {
  it.each([
    ['revoked, and verified dead', undefined],
    ['revoked, not verified', 'GET'],
    ['may still be alive', 'DELETE']
  ])('tells of a token that is %s', async (state, failing) => {
    const { id } = await minted({ ...withC(), 'job-summary': 'true' })
    if (failing !== undefined)
      zendesk.fault({ method: failing, path: /tokens/ }, { kind: 'reply', status: 418 })
    if (failing === 'DELETE') zendesk.fault({ path: '/oauth/tokens' }, { kind: 'reply', status: 400 })
    await post()
    expect(stage.text('GITHUB_STEP_SUMMARY')).toMatch(
      new RegExp(`<td>${id}</td>.*<td>${state}</td></tr></table>`)
    )
  })

  it('is not written unless it is wanted', async () => {
    await minted(withC())
    await post()
    expect(stage.text('GITHUB_STEP_SUMMARY')).toBe('')
  })
})

describe('a post step that fails itself', () => {
  it('tells in one warning what may live on', async () => {
    const { id } = await minted(withC())
    revokeFailed(log, new Error('no luck'))
    expect(stage.said).toEqual([
      `::warning::Token ${id} may still be alive: no luck; ${ENDS}; ${BY_HAND(id)}`
    ])
  })

  it('tells what was thrown, although it is no error', async () => {
    await minted(withC())
    revokeFailed(log, 'no luck at all')
    expect(stage.all('warning')).toEqual([expect.stringContaining('may still be alive: no luck at all;')])
  })

  it.each([undefined, '{"skipped":"true"}'])(
    'has nothing to tell of where there is no token: %s',
    (state) => {
      if (state !== undefined) process.env['STATE_zendesk'] = state
      revokeFailed(log, new Error('no luck'))
      expect(stage.said).toEqual([])
    }
  )
})
