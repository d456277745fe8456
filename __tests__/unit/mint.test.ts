import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { mint } from '../../src/mint.ts'
import { manualRemoval } from '../../src/report/token.ts'
import { ZendeskClient } from '../../src/zendesk/http/client.ts'
import { type MintedToken } from '../../src/zendesk/token.ts'
import { setUpAccount } from '../support/account.ts'
import { rejectionOf } from '../support/client.ts'
import { NOON } from '../support/clock.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode, refreshToken } = account

function minted(given: Inputs): Promise<MintedToken> {
  runner.inputs(given)
  const { log, within } = runner.step
  const inputs = readMainInputs(log)
  return within({ seconds: 300 }, (deadline) => {
    const client = new ZendeskClient(inputs.origin, deadline, log)
    return mint(client, inputs).finally(() => client.close())
  })
}

/** What the error of a mint says after the request. */
async function notesOf(given: Inputs): Promise<string> {
  const { message } = await rejectionOf(minted(given))
  const [, notes] =
    /^Could not mint a token: .* at 127\.0\.0\.1:\d+(?:: \d+)?(?: \(".*"\))?\. ?(.*)$/.exec(message) ?? []
  return notes ?? `no error of a mint: ${message}`
}

/** Lets mints fail. */
const failing = (fault: Fault | Fault[]): unknown =>
  account.zendesk.fault({ path: /\/oauth\/tokens$/, method: 'POST' }, fault)

/** Makes the value of `name` in the response to a mint too short for a token. */
const breakToken = (name: string): void =>
  account.replace({ method: 'POST' }, new RegExp(`"${name}":"[^"]*"`), `"${name}":"short"`)

const response = (status: number, body?: object): Fault => ({
  kind: 'response',
  status,
  ...(body && { body })
})
const ONE =
  'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'
const TWO =
  'Up to 2 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and `sweep` removes them.'

describe('mint', () => {
  it('returns the token, masked, with what the response reports, and the time of Zendesk', async () => {
    account.zendesk.advance(5000)
    const token = await minted(clientCredentials())
    expect(token.token.reveal()).toBe(account.token.value)
    expect(token).toMatchObject({ scopes: { names: ['read', 'write'], isReported: true }, date: NOON + 5000 })
    expect(runner.all('add-mask')).toEqual([account.token.value])
  })

  it.each<[number, object]>([
    [401, { error: 'invalid_client' }],
    [200, { error: 'invalid_request', access_token: 'no' }],
    [400, { access_token: 'a-token-in-a-refusal' }]
  ])('says of no token that it may exist if Zendesk refuses one: %d %j', async (status, body) => {
    failing(response(status, body))
    expect(await notesOf(clientCredentials())).toBe('')
    expect(account.zendesk.requests).toHaveLength(1)
    expect(runner.all('warning')).toEqual([])
  })

  it('warns of lost responses although a mistake of ours ends it, which it does not change', async () => {
    failing([{ kind: 'lose-response' }, { kind: 'lose-response' }])
    const error = new Error('a mistake of ours')
    runner.clock.onSleep = () => {
      if (runner.clock.sleeps.length > 1) throw error
    }
    await expect(minted(clientCredentials())).rejects.toBe(error)
    expect(runner.all('warning')).toEqual([TWO])
  })

  it('says that the first attempt has probably used up the refresh token', async () => {
    failing([response(502)])
    const given = refreshToken('a-used-refresh-token')
    expect(await notesOf(given)).toBe(
      'The first attempt got no usable response and was probably carried out.'
    )
    expect(await notesOf(given)).toBe('')
  })
})

describe('mint, after a response without a usable token,', () => {
  it('names a token whose id the response has, when it expires and how to remove it', async () => {
    breakToken('full_token')
    const notes = await notesOf(apiToken())
    const [{ id } = { id: 0 }] = [...account.zendesk.tokens.values()].slice(-1)
    const removal = manualRemoval({ id }, account.zendesk.url)
    expect(notes).toBe(`The response names token ${id}, which may be active. It does not expire. ${removal}`)
    expect(account.seen('POST')).toEqual([`POST ${TOKENS}`])
  })

  it.each<[string, Fault]>([
    ['a web page', { kind: 'html' }],
    ['without an id', response(201, { access_token: 'short' })]
  ])('says that one may exist if it is %s', async (_what, fault) => {
    failing(fault)
    expect(await notesOf(clientCredentials())).toBe(ONE)
    expect(account.zendesk.requests).toHaveLength(1)
  })

  it('counts it with the responses that were lost before', async () => {
    failing([{ kind: 'lose-response' }, { kind: 'empty', status: 201 }])
    expect(await notesOf(clientCredentials())).toBe('')
    expect(runner.all('warning')).toEqual([TWO])
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`, `POST ${GRANT}`])
  })

  it('still publishes its refresh token, which replaces the one that was sent', async () => {
    breakToken('access_token')
    await expect(minted(authorizationCode())).rejects.toThrow('The response cannot be used')
    expect(runner.outputs()).toEqual({ 'refresh-token': account.token.refreshToken })
    expect(runner.all('add-mask')).toContain(account.token.refreshToken)
  })
})
