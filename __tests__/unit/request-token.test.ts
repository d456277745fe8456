import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { requestToken } from '../../src/request-token.ts'
import { ZendeskClient } from '../../src/zendesk/client.ts'
import { type Mint } from '../../src/zendesk/minted-token.ts'
import { ZendeskError } from '../../src/zendesk/zendesk-error.ts'
import { CLIENTS, GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { rejectionOf } from './clock.ts'
import { setUpRunner } from './runner-env.ts'

/*
 * The mint itself: what is retried, and what is said about tokens that may exist without anybody knowing them.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode, refreshToken } = account

const withNumber = (more: Inputs = {}): Inputs =>
  apiToken({ 'client-id': String(account.zendesk.client('ci_bot').id), ...more })

async function mint(given: Inputs): Promise<Mint> {
  runner.inputs(given)
  const inputs = readMainInputs()
  const { log, startDeadline } = runner.step
  const deadline = startDeadline(300)
  const client = new ZendeskClient({ origin: inputs.origin, userAgent: 'tests/1', deadline, log })
  try {
    return await requestToken(client, inputs)
  } finally {
    client.close()
  }
}

/** The notes of the error that a mint ends with. */
async function notesOf(given: Inputs): Promise<string[]> {
  const error = await rejectionOf(mint(given))
  if (error instanceof ZendeskError) return error.notes
  throw error
}

/** Lets mints fail. */
const failing = (fault: Fault | Fault[]): unknown =>
  account.zendesk.fault({ path: /\/oauth\/tokens$/, method: 'POST' }, fault)

const ONE =
  'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'
const upTo = (count: number): string =>
  `Up to ${count} unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and \`sweep\` removes them.`
const oneOf = (id: number): string =>
  `An unused token of client ${id} may exist since 12:00 UTC; it may never expire, and \`sweep\` removes it.`

describe('a mint', () => {
  it('gives the token, masked, what the response reports, and the time of Zendesk', async () => {
    account.zendesk.advance(5000)
    const { response, token, date } = await mint(clientCredentials())
    expect(response.token).toBe(token)
    expect(token.reveal()).toBe(account.token.value)
    expect(runner.all('add-mask')).toEqual([token.reveal()])
    expect(date).toBe(runner.clock.now() + 5000)
  })

  it('ends at once, with nothing to add, if Zendesk rejects the client', async () => {
    const notes = await notesOf(clientCredentials({ 'client-secret': 'not-the-secret' }))
    expect(notes).toEqual([])
    expect(account.zendesk.requests).toHaveLength(1)
  })

  it('ends at the look-up of the client if Zendesk has no such client', async () => {
    await expect(mint(apiToken({ 'client-id': 'nobody' }))).rejects.toMatchObject({ kind: 'clientUnknown' })
    expect(account.zendesk.seen()).toEqual([`GET ${CLIENTS}`])
  })

  it.each([
    ['gone-410', 'endpointGone'],
    ['gone-404', 'endpointGone'],
    ['forbidden-403', 'forbidden']
  ] as const)('ends if Zendesk has closed the deprecated endpoint: %s', async (end, kind) => {
    account.zendesk.behaviour.mintEndpoint = end
    await expect(mint(apiToken())).rejects.toMatchObject({ kind })
  })
})

describe('a mint whose response was lost', () => {
  it.each(['lose-reply', 'reset-mid-body', 'close-mid-body'] as const)(
    'is retried, and one warning after it says how many tokens may exist: %s',
    async (kind) => {
      failing(Array.from({ length: 3 }, () => ({ kind, after: true })))
      await mint(clientCredentials())
      expect(runner.all('warning')).toEqual([upTo(3)])
      expect(runner.stdout.at(-1)).toBe(`::warning::${upTo(3)}`)
      expect(account.zendesk.living()).toHaveLength(4)
      expect(runner.clock.sleeps).toHaveLength(3)
    }
  )

  it.each([408, 500, 502, 504])('may have been answered with %d', async (status) => {
    failing([{ kind: 'reply', status, after: true }])
    await mint(withNumber())
    expect(runner.all('warning')).toEqual([oneOf(account.zendesk.client('ci_bot').id)])
  })

  it('was not answered with 429 or 503: these were not carried out', async () => {
    failing([
      { kind: 'reply', status: 429 },
      { kind: 'reply', status: 503 }
    ])
    await mint(clientCredentials())
    expect(runner.all('warning')).toEqual([])
  })

  it('is reported by the warning alone if the retries fail as well', async () => {
    failing({ kind: 'reply', status: 500 })
    expect(await notesOf(clientCredentials())).toEqual([])
    expect(runner.all('warning')).toEqual([upTo(5)])
  })

  it('is reported by the error alone if there was no time to retry', async () => {
    runner.clock.chance = 0.9
    runner.clock.pass(299_600)
    failing({ kind: 'lose-reply' })
    expect(await notesOf(clientCredentials())).toEqual([ONE.replace('12:00', '12:04')])
    expect(runner.all('warning')).toEqual([])
    expect(runner.clock.sleeps).toEqual([])
  })

  it('is reported by the error alone if the job is cancelled before the retry', async () => {
    failing({ kind: 'lose-reply' })
    runner.clock.onSleep = () => {
      runner.cancellation.abort()
    }
    expect(await notesOf(clientCredentials())).toEqual([ONE])
    expect(runner.all('warning')).toEqual([])
  })

  it('does not change an error that has nothing to do with Zendesk', async () => {
    failing({ kind: 'lose-reply' })
    const error = new Error('a mistake in here')
    runner.clock.onSleep = () => {
      throw error
    }
    await expect(mint(clientCredentials())).rejects.toBe(error)
  })

  it('probably used up the refresh token that Zendesk rejects at the retry', async () => {
    failing([{ kind: 'reply', status: 502 }])
    expect(await notesOf(refreshToken('a-used-refresh-token'))).toEqual([
      'The first attempt got no response and was probably carried out.'
    ])
    expect(await notesOf(refreshToken('a-used-refresh-token'))).toEqual([])
  })
})

describe('a response without a usable token', () => {
  /** Makes the value of `name` in the response too short for a token. */
  const breakToken = (name: string): void => {
    account.replace({ method: 'POST' }, new RegExp(`"${name}":"[^"]*"`), `"${name}":"short"`)
  }

  it('ends the mint, and the token is revoked at once if the response has its id', async () => {
    breakToken('full_token')
    expect(await notesOf(withNumber())).toEqual([])
    const [{ id } = { id: 0 }] = [...account.zendesk.tokens.values()].slice(-1)
    expect(account.zendesk.seen()).toEqual([`POST ${TOKENS}`, `DELETE ${TOKENS}/${id}`])
    expect(account.zendesk.living()).toEqual([])
    expect(runner.all('warning')).toEqual([])
    expect(runner.logged()).toEqual([
      `Zendesk created token ${id}, but its response had no usable token, so it was revoked.`
    ])
  })

  it.each<[string, Fault]>([
    ['is refused', { kind: 'reply', status: 403 }],
    ['gets a web page', { kind: 'html' }],
    ['has no response', { kind: 'reset' }]
  ])('is reported by the error if the revocation %s', async (_how, fault) => {
    breakToken('full_token')
    account.zendesk.fault({ method: 'DELETE' }, fault)
    expect(await notesOf(withNumber())).toEqual([oneOf(account.zendesk.client('ci_bot').id)])
  })

  it.each<[string, Fault, () => Inputs]>([
    ['an empty object', { kind: 'reply', status: 201 }, clientCredentials],
    ['an empty body', { kind: 'empty', status: 201 }, clientCredentials],
    ['a web page', { kind: 'html' }, clientCredentials]
  ])('is reported by the error if it is %s', async (_what, fault, inputs) => {
    failing(fault)
    expect(await notesOf(inputs())).toEqual([ONE])
    expect(account.zendesk.requests).toHaveLength(1)
  })

  it('is reported by the error if it names no id', async () => {
    breakToken('access_token')
    expect(await notesOf(clientCredentials())).toEqual([ONE])
  })

  it('counts with the responses that were lost before', async () => {
    failing([{ kind: 'lose-reply' }, { kind: 'empty', status: 201 }])
    expect(await notesOf(clientCredentials())).toEqual([])
    expect(runner.all('warning')).toEqual([upTo(2)])
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`, `POST ${GRANT}`])
  })

  it('still publishes its refresh token, which replaces the one that was sent', async () => {
    breakToken('access_token')
    await expect(mint(authorizationCode())).rejects.toMatchObject({ kind: 'unusableResponse' })
    expect(runner.outputs()).toEqual({ 'refresh-token': account.token.refreshToken })
    expect(runner.all('add-mask')).toContain(account.token.refreshToken)
  })

  it('publishes no refresh token of an API token, which gives none', async () => {
    breakToken('full_token')
    account.replace({ method: 'POST' }, /"refresh_token":null/, '"refresh_token":"refresh-me-now"')
    await expect(mint(withNumber())).rejects.toThrow()
    expect(runner.outputs()).toEqual({})
  })

  it.each([400, 200])('is no token if it is an OAuth error: %d', async (status) => {
    failing({ kind: 'reply', status, body: { error: 'invalid_request', access_token: 'no' } })
    expect(await notesOf(clientCredentials())).toEqual([])
  })

  it('is no token if Zendesk refuses the request, whatever is in it', async () => {
    failing({ kind: 'reply', status: 400, body: { access_token: 'a-token-in-a-refusal' } })
    expect(await notesOf(clientCredentials())).toEqual([])
  })
})
