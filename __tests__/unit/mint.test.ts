import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { mint } from '../../src/mint.ts'
import { ZendeskClient } from '../../src/zendesk/http/client.ts'
import { CAUSES } from '../../src/zendesk/http/zendesk-error.ts'
import { type MintedToken } from '../../src/zendesk/token.ts'
import { setUpAccount } from '../support/account.ts'
import { rejectionOf } from '../support/client.ts'
import { NOON } from '../support/clock.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

/*
 * The mint itself, and what the log and the error say about tokens that may exist although no step knows them.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode, refreshToken } = account

const withNumber = (more: Inputs = {}): Inputs =>
  apiToken({ 'client-id': String(account.zendesk.client('ci_bot').id), ...more })

async function mintWith(given: Inputs): Promise<MintedToken> {
  runner.inputs(given)
  const { log, within } = runner.step
  const inputs = readMainInputs(log)
  return within({ seconds: 300 }, (deadline) => mint(new ZendeskClient(inputs.origin, deadline, log), inputs))
}

/** What the error says after the request and its status. */
async function notesOf(given: Inputs): Promise<string> {
  const { message } = await rejectionOf(mintWith(given))
  const [, notes = message] = / at 127\.0\.0\.1:\d+(?:: \d+)?(?: \(".*?"\))?\. ?(.*)$/.exec(message) ?? []
  return notes
}

/** Lets mints fail. */
const failing = (fault: Fault | Fault[]): unknown =>
  account.zendesk.fault({ path: /\/oauth\/tokens$/, method: 'POST' }, fault)

/** Makes the value of `name` in the response to a mint too short for a token. */
const breakToken = (name: string): void => {
  account.replace({ method: 'POST' }, new RegExp(`"${name}":"[^"]*"`), `"${name}":"short"`)
}

const ONE =
  'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'
const TWO =
  'Up to 2 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and `sweep` removes them.'
const oneOf = (id: number): string =>
  `An unused token of client ${id} may exist since 12:00 UTC; it may never expire, and \`sweep\` removes it.`

describe('a mint', () => {
  it('returns the token, masked, what the response reports, and the time of Zendesk', async () => {
    account.zendesk.advance(5000)
    const minted = await mintWith(clientCredentials())
    expect(minted.token.reveal()).toBe(account.token.value)
    expect(minted).toMatchObject({ scopes: { names: ['read', 'write'] }, date: NOON + 5000 })
    expect(runner.all('add-mask')).toEqual([account.token.value])
  })

  it.each([
    ['gone-410', CAUSES.endpointGone],
    ['gone-404', CAUSES.endpointGone],
    ['forbidden-403', CAUSES.forbidden]
  ] as const)('fails if Zendesk has closed the deprecated endpoint: %s', async (end, cause) => {
    account.zendesk.behaviour.mintEndpoint = end
    await expect(mintWith(apiToken())).rejects.toThrow(`Could not mint a token: ${cause}`)
  })

  it.each<[number, object]>([
    [401, { error: 'invalid_client' }],
    [400, { error: 'invalid_request', access_token: 'no' }],
    [200, { error: 'invalid_request', access_token: 'no' }],
    [400, { access_token: 'a-token-in-a-refusal' }]
  ])('leaves no token behind if Zendesk refuses it: %d %j', async (status, body) => {
    failing({ kind: 'response', status, body })
    expect(await notesOf(clientCredentials())).toBe('')
    expect(account.zendesk.requests).toHaveLength(1)
  })
})

describe('a lost response to a mint', () => {
  it.each([408, 500, 502, 504])('may be a %d: a warning says which token may exist', async (status) => {
    failing([{ kind: 'response', status, after: true }])
    await mintWith(withNumber())
    expect(runner.stdout.at(-1)).toBe(`::warning::${oneOf(account.zendesk.client('ci_bot').id)}`)
    expect(runner.all('warning')).toHaveLength(1)
  })

  it('is no 429 or 503, after which Zendesk has not minted', async () => {
    failing([
      { kind: 'response', status: 429 },
      { kind: 'response', status: 503 }
    ])
    await mintWith(clientCredentials())
    expect(runner.all('warning')).toEqual([])
  })

  it('does not change an error that has nothing to do with Zendesk', async () => {
    failing({ kind: 'lose-response' })
    const error = new Error('a mistake of ours')
    runner.clock.onSleep = () => {
      throw error
    }
    await expect(mintWith(clientCredentials())).rejects.toBe(error)
  })

  it('has probably used up the refresh token that Zendesk rejects at the next attempt', async () => {
    failing([{ kind: 'response', status: 502 }])
    const given = refreshToken('a-used-refresh-token')
    expect(await notesOf(given)).toBe('The first attempt got no response and was probably carried out.')
    expect(await notesOf(given)).toBe('')
  })
})

describe('a response without a usable token', () => {
  it('ends the mint, and the error names the id and how to revoke it, if the response has that', async () => {
    breakToken('full_token')
    const notes = await notesOf(withNumber())
    const [{ id } = { id: 0 }] = [...account.zendesk.tokens.values()].slice(-1)
    const { url } = account.zendesk
    expect(notes).toMatch(
      new RegExp(`^The response names token ${id}, which may be active\\. To revoke it manually,`)
    )
    expect(notes).toContain(`send DELETE ${url}${TOKENS}/${id} as an admin`)
    expect(account.zendesk.seen()).toEqual([`POST ${TOKENS}`])
    expect(runner.logged()).toHaveLength(0)
  })

  it.each<[string, Fault]>([
    ['an empty object', { kind: 'response', status: 201 }],
    ['an empty body', { kind: 'empty', status: 201 }],
    ['a web page', { kind: 'html' }],
    ['without an id', { kind: 'response', status: 201, body: { access_token: 'short' } }]
  ])('is reported by the error if it is %s', async (_what, fault) => {
    failing(fault)
    expect(await notesOf(clientCredentials())).toBe(ONE)
    expect(account.zendesk.requests).toHaveLength(1)
  })

  it('is counted with the responses that were lost before', async () => {
    failing([{ kind: 'lose-response' }, { kind: 'empty', status: 201 }])
    expect(await notesOf(clientCredentials())).toBe('')
    expect(runner.all('warning')).toEqual([TWO])
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`, `POST ${GRANT}`])
  })

  it('still publishes its refresh token, which replaces the one that was sent', async () => {
    breakToken('access_token')
    await expect(mintWith(authorizationCode())).rejects.toThrow(CAUSES.unusableResponse)
    expect(runner.outputs()).toEqual({ 'refresh-token': account.token.refreshToken })
    expect(runner.all('add-mask')).toContain(account.token.refreshToken)
  })
})
