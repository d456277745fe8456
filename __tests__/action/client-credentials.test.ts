import { createHash } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { ADMIN_ID, type Fault } from '../../mock/zendesk.ts'
import {
  annotated,
  defaultScopes,
  mintedLine,
  NOTHING,
  published,
  responded,
  revokedLine,
  said,
  stream
} from '../support/log-lines.ts'
import { mainThenPost } from '../support/run-action.ts'
import {
  at,
  clientCredentials,
  credentials,
  edited,
  GRANT,
  LOOK_UP,
  mockZendesk,
  requestLog
} from '../support/zendesk.ts'

describe('with client credentials, the action', () => {
  it.concurrent('mints, checks and publishes a token; post revokes and verifies it', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'expires-in': 900 })
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const secret = zendesk.client('ci_bot').secret!
    const { value } = zendesk.tokens.get(22_000_000_002)!

    expect(stream(main)).toEqual([
      `::add-mask::${secret}`,
      `::add-mask::${value}`,
      responded('POST /oauth/tokens', 201),
      responded('GET /api/v2/oauth/tokens/current', 200),
      defaultScopes(),
      mintedLine(22_000_000_002, 'read write', 'expires in 15 minutes')
    ])
    expect(stream(post)).toEqual([
      `::add-mask::${secret}`,
      `::add-mask::${value}`,
      responded('DELETE /api/v2/oauth/tokens/22000000002', 204),
      responded('GET /api/v2/oauth/tokens/current', 401),
      revokedLine(22_000_000_002)
    ])
    expect(requestLog(zendesk.requests)).toEqual([
      `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","expires_in":900}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`,
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${value}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 2, 2])
    expect(main.outputs).toEqual({
      token: value,
      'token-id': '22000000002',
      'client-id': '360000000101',
      'user-id': String(ADMIN_ID),
      scopes: 'read write',
      'expires-at': '2026-11-21T12:15:00Z',
      'base-url': zendesk.url,
      'refresh-token': ''
    })
    for (const step of [main, post]) {
      expect(step).toMatchObject({ exitCode: 0, stderr: '', summary: '' })
    }
    expect(main.env).toEqual({})
    expect(published(post)).toEqual(NOTHING)
  })

  it.concurrent(
    'saves one value in state: the token, and only a salted hash of the client secret',
    async () => {
      const zendesk = await mockZendesk()
      const { main } = await mainThenPost(zendesk)
      const secret = zendesk.client('ci_bot').secret!
      expect(Object.keys(main.state)).toEqual(['zendesk'])
      const state = main.state['zendesk']!
      expect(state).toContain(main.outputs['token'])
      expect(state).not.toContain(secret)
      const { context } = JSON.parse(state) as { context: { salt: string; hash: string } }
      expect(context.salt).toMatch(/^[\da-f]{32}$/)
      const hashed = JSON.stringify([context.salt, zendesk.url, 'ci_bot', secret])
      expect(context.hash).toBe(createHash('sha256').update(hashed).digest('hex'))
    }
  )

  it.concurrent(
    'sends a client secret form-encoded in a Basic header, and not in the body, with client_secret_basic',
    async () => {
      const zendesk = await mockZendesk()
      const inputs = at(zendesk, {
        ...credentials.clientCredentials(zendesk, 'agent_bot'),
        'token-endpoint-auth-method': 'Client_Secret_Basic'
      })
      const { main, post } = await mainThenPost(zendesk, { inputs })
      const { value } = zendesk.tokens.get(22_000_000_002)!
      const pair = 'agent_bot:sandbox%2Bsecret%2Fof%3Dagent_bot%3A50%25%260123456789'
      const basic = Buffer.from(pair).toString('base64')
      const masks = [
        '::add-mask::sandbox+secret/of=agent_bot:50%25&0123456789',
        `::add-mask::${basic}`,
        `::add-mask::${value}`
      ]
      expect(said(main).slice(0, 3)).toEqual(masks)
      expect(said(post)).toEqual([...masks, revokedLine(22_000_000_002)])
      expect(requestLog(zendesk.requests)[0]).toBe(
        `POST /oauth/tokens | Basic ${basic} | {"grant_type":"client_credentials","client_id":"agent_bot","expires_in":3600}`
      )
    }
  )

  it.concurrent.each([
    ['the response reports no lifetime', { reportExpiresIn: 'never', grantStatus: 200 }],
    ['the token is a JWT', { tokenFormat: 'jwt' }]
  ] as const)('mints and revokes a token even if %s', async (_condition, options) => {
    const zendesk = await mockZendesk(options)
    const { main, post } = await mainThenPost(zendesk)
    expect(main.outputs).toMatchObject({ 'token-id': '22000000002', 'expires-at': '2026-11-21T13:00:00Z' })
    expect(annotated(main)).toEqual([])
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
  })

  it.concurrent.each<[string, Fault[], string]>([
    ['the response to the mint', [edited((body) => ({ ...body, expires_in: 1200 }))], '2026-11-21T12:20:00Z'],
    ['the request, if Zendesk reports nothing', [{ kind: 'pass' }], '2026-11-21T12:15:00Z']
  ])('computes `expires-at` by %s, if the check reports none', async (_source, faults, expected) => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    zendesk.fault({ path: GRANT }, faults)
    zendesk.fault(LOOK_UP, [{ kind: 'gateway' }])
    const { main } = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { 'expires-in': 900 })
    })
    expect(main.outputs).toMatchObject({ 'token-id': '', 'expires-at': expected })
  })
})
