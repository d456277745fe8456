import { describe, expect, it, jest } from '@jest/globals'
import { readMainInputs, type MainInputs } from '../../src/inputs/inputs.ts'
import { mint } from '../../src/mint.ts'
import { manualRemoval } from '../../src/report/token.ts'
import { type ZendeskClient } from '../../src/zendesk/http/client.ts'
import { rejectionOf, RecordedLog } from '../support/client.ts'
import { NOON } from '../support/clock.ts'
import { play, type FakeClient } from '../support/fake-client.ts'
import { setUpRunner } from '../support/runner-env.ts'

const runner = setUpRunner()
const CREDENTIALS = {
  client: { 'client-secret': 'the-client-secret' },
  admin: { email: 'ada@acme.example', 'api-token': 'the-api-token' },
  refresh: { 'refresh-token': 'the-used-refresh-token' }
}

function inputsOf(credential: keyof typeof CREDENTIALS): MainInputs {
  runner.inputs({ subdomain: 'acme', 'client-id': 'ci_bot', ...CREDENTIALS[credential] })
  return readMainInputs(new RecordedLog())
}

const BODIES = {
  '200 refused': { error: 'invalid_request', access_token: 'no' },
  '200 token': { access_token: 'the-minted-token', scope: 'read' },
  '200 short': { access_token: 'short', refresh_token: 'the-next-refresh-token' },
  '200 clients': { clients: [{ id: 8, identifier: 'ci_bot' }] },
  '201 id': { token: { id: 7, full_token: 'short', expires_at: null } },
  '400 token': { access_token: 'a-token-in-a-refusal' },
  '400 grant': { error: 'invalid_grant' }
}
const LOST = 'POST tokens: timeout then'
const BY_ADMIN = 'GET clients by another: 200 clients, POST tokens by another'
const REMOVAL = manualRemoval({ id: 7 }, 'https://acme.zendesk.com')
const NAMED = `The response names token 7, which may be active. It does not expire. ${REMOVAL}`
const USED = 'The first attempt got no usable response and was probably carried out.'
const SINCE = 'of client ci_bot may exist since 12:00 UTC'
const ONE = `An unused token ${SINCE}; it expires after 1 hour, and \`sweep\` removes it.`
const TWO = `Up to 2 unused tokens ${SINCE}; they expire after 1 hour, and \`sweep\` removes them.`

describe('mint', () => {
  it('returns the token, masked, with what the response reports, and the time of Zendesk', async () => {
    const work = async (client: ZendeskClient & FakeClient): Promise<void> => {
      const { token, ...minted } = await mint(client, inputsOf('client'))
      expect(minted).toMatchObject({ scopes: { names: ['read'] }, date: NOON + 3_600_001 })
      expect(client.log.lines).toEqual([`mask: ${token.reveal()}`])
    }
    await play('POST tokens: late 200 token', work, { bodies: BODIES })
  })

  it('looks up the client with the credential of an admin, whose endpoint may be closed', async () => {
    const work = (client: ZendeskClient): Promise<Error> => rejectionOf(mint(client, inputsOf('admin')))
    const { message } = await play(`${BY_ADMIN}: 410`, work, { bodies: BODIES })
    expect(message).toMatch('Could not mint a token: Zendesk no longer mints tokens at this endpoint.')
  })

  it.each<[string, string, string, warnings: string[], (keyof typeof CREDENTIALS)?]>([
    ['nothing if Zendesk refuses one', 'POST tokens: 401', '', []],
    ['nothing if a 200 is an error', 'POST tokens: 200 refused', '', []],
    ['nothing if a refusal has a token', 'POST tokens: 400 token', '', []],
    ['that one may exist after an empty object', 'POST tokens: 201', ONE, []],
    ['that one may exist after a web page', 'POST tokens: 200 page', ONE, []],
    ['that one may exist after a token too short', 'POST tokens: 200 short', ONE, []],
    ['that one may exist after a lost response', 'POST tokens: timeout', ONE, []],
    ['so in a warning if it was retried', `${LOST} 401`, '', [ONE]],
    ['so of that and of an empty object', `${LOST} 201`, '', [TWO]],
    ['which one may be active', `${BY_ADMIN}: 201 id`, NAMED, [], 'admin'],
    ['that it was used up before', `${LOST} 400 grant`, USED, [ONE], 'refresh'],
    ['nothing of that if it was not', 'POST tokens: 400 grant', '', [], 'refresh']
  ])('fails, and says %s', async (_what, script, notes, warnings, credential = 'client') => {
    const work = async (client: ZendeskClient & FakeClient): Promise<unknown> => {
      const { message } = await rejectionOf(mint(client, inputsOf(credential)))
      const end = / at acme\.zendesk\.com(?:: \d+)?(?: \(".*"\))?\. ?/
      expect(message).toMatch(/^Could not mint a token: /)
      return [message.split(end)[1], client.log.of('warning')]
    }
    expect(await play(script, work, { bodies: BODIES })).toEqual([notes, warnings])
  })

  it('warns of a lost response although a mistake of ours ends it, which it does not change', async () => {
    const mistake = new Error('a mistake of ours')
    const work = async (client: ZendeskClient & FakeClient): Promise<void> => {
      jest.spyOn(client.log, 'mask').mockImplementation(() => {
        throw mistake
      })
      await expect(mint(client, inputsOf('client'))).rejects.toBe(mistake)
      expect(client.log.of('warning')).toEqual([ONE])
    }
    await play(`${LOST} 200 token`, work, { bodies: BODIES })
  })

  it('publishes a refresh token even without a usable token: it replaces the one that was sent', async () => {
    const work = (client: ZendeskClient): Promise<Error> => rejectionOf(mint(client, inputsOf('refresh')))
    expect((await play('POST tokens: 200 short', work, { bodies: BODIES })).message).toMatch('cannot be used')
    expect(runner.outputs()).toEqual({ 'refresh-token': 'the-next-refresh-token' })
  })
})
