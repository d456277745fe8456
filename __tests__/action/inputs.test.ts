import { describe, expect, it } from '@jest/globals'
import { annotated, infoLines, masks, NOTHING, published, shown } from '../support/log-lines.ts'
import { runStep } from '../support/run-action.ts'
import { connectProxy } from '../support/servers.ts'
import { clientCredentials, type Inputs, mockZendesk, REDIRECT_URI } from '../support/zendesk.ts'

const LONG = '0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d'
const FOUR = {
  ...{ subdomain: 'ac\u212ame', 'base-url': 'https://acme.zendesk.com:0' },
  ...{ 'client-id': 'ci bot', 'client-secret': '"a-secret-0123"' }
}
const FOUR_ERRORS = /^::error::4 .*`client-secret`:.* `subdomain`:.* `base-url`:.* `client-id`:/
const ERROR_ADDRESS = { 'authorization-code': `${REDIRECT_URI}?error=access_denied&state=x` }

it.concurrent.each<['main' | 'sweep', Inputs, RegExp]>([
  ['main', FOUR, FOUR_ERRORS],
  ['sweep', FOUR, FOUR_ERRORS],
  ['main', { 'client-secret': '' }, /`client-secret`.*`email`.*`api-token`/],
  ['main', { 'client-id': 'ada@acme.example' }, /`client-id`: it is an e-mail address/],
  ['main', { 'client-id': 'ci\u00a0bot' }, /`client-id`: it contains white space/],
  ['main', { 'client-id': LONG, 'client-secret': 'ci_bot_2' }, /`client-secret` swapped\?/],
  ['main', { 'client-secret': '', 'access-token': '“a-secret-0123”' }, /`access-token`: .* in quotes/],
  ['main', { 'client-secret': 'a-secret-0123 a-secret' }, /white space/],
  ['main', { 'client-secret': 'ä-secret-0123' }, /not ASCII: U\+00E4 as the 1st character/],
  ['main', { 'client-secret': '${{ secrets.A_SECRET }}' }, /a variable, an expression or a placeholder/],
  ['main', { 'client-secret': '{\n  "a-secret": "a-secret-0123"\n}' }, /looks like JSON/],
  ['main', { 'client-secret': 'a-secret\nof-two-lines' }, /U\+000A after the 8th character/],
  ['main', { 'redirect-uri': 'https://a-secret\u200b/' }, /U\+200B after the 16th character/],
  ['main', { ...ERROR_ADDRESS, 'redirect-uri': REDIRECT_URI }, /the error `access_denied`/]
])('before any request, %s refuses %j, and shows no secret', async (entry, inputs, words) => {
  const zendesk = await mockZendesk()
  const step = await runStep(entry, { inputs: clientCredentials(zendesk, inputs) })
  expect(step).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(step)).toEqual(NOTHING)
  expect(annotated(step)).toEqual([expect.stringMatching(words)])
  expect(annotated(step)[0]).toMatch(/^::error::/)
  expect(shown(step)).not.toMatch(/a-secret|0a1b2c3d/i)
  expect(zendesk.requests).toEqual([])
})

describe('main accepts', () => {
  it.concurrent('an address as subdomain, invisible characters at ends, and a list of scopes', async () => {
    const zendesk = await mockZendesk()
    const { secret = '' } = zendesk.client('ci_bot')
    const inputs = {
      subdomain: '\u200bhttps://Acme.Zendesk.com:443/agent/tickets/1?a#b',
      'client-id': '\u200eci_bot\u200b',
      'client-secret': `\ufeff${secret}\u200b`,
      scopes: '- tickets:read\n-\u200bhc:read\u200busers:read'
    }
    const main = await runStep('main', { inputs: clientCredentials(zendesk, inputs) })
    expect([main.exitCode, annotated(main)]).toEqual([0, []])
    expect(zendesk.requests[0]!.json).toMatchObject({
      client_id: 'ci_bot',
      client_secret: secret,
      scope: 'tickets:read hc:read users:read'
    })
  })

  it.concurrent('the address that the browser was sent to as an authorization code', async () => {
    const zendesk = await mockZendesk()
    const code = zendesk.authorize({ client: 'ci_bot', redirectUri: REDIRECT_URI, scope: 'read write' })
    const address = `${REDIRECT_URI}?state=x&code=${encodeURIComponent(code)}&error=`
    const inputs = { 'authorization-code': address, 'redirect-uri': REDIRECT_URI }
    const main = await runStep('main', { inputs: clientCredentials(zendesk, inputs) })
    expect([main.exitCode, annotated(main)]).toEqual([0, []])
    expect(masks(main)).toContain(code)
    expect(shown(main)).not.toContain(code)
  })
})

describe('main warns once', () => {
  it.concurrent('that a grant needs the unique identifier if the client id is a number', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'client-id': '360000000101' })
    const main = await runStep('main', { inputs })
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::warning::.*unique identifier/),
      expect.stringMatching(/^::error::/)
    ])
  })

  it.concurrent.each([
    ['x.acme.zendesk.com', ['::warning::`base-url`: x.acme.zendesk.com is about to receive the']],
    ['ACME.zendesk.com', []]
  ])('of a base URL, if that is not the account: %s', async (host, warnings) => {
    const proxy = await connectProxy(0, () => 403)
    const account = { subdomain: 'Acme', 'base-url': `https://${host}/` }
    const main = await runStep('main', {
      inputs: { ...account, 'client-id': 'ci_bot', 'client-secret': LONG },
      env: { https_proxy: `http://${proxy.host}:${proxy.port}` }
    })
    expect([main.exitCode, infoLines(main)]).toEqual([1, []])
    const expected = [...warnings, '::error::'].map((text) => expect.stringContaining(text))
    expect(annotated(main)).toEqual(expected)
  })
})
