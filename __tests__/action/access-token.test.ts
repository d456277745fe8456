import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../mock/runner.ts'
import { mintedLine, revokedLine, said } from '../support/log-lines.ts'
import { mainThenPost, preloaded, root } from '../support/run-action.ts'
import { at, credentials, mockZendesk, requestLog, clientCredentials } from '../support/zendesk.ts'

describe('with an access token, the action', () => {
  it.concurrent(
    'mints with it; post revokes the new token by id with it, and verifies with the new token',
    async () => {
      const zendesk = await mockZendesk()
      const { accessToken } = zendesk.credentials
      const { main, post } = await mainThenPost(zendesk, {
        inputs: at(zendesk, { ...credentials.accessToken(zendesk), scopes: 'tickets:read, tickets:write' })
      })
      const { value } = zendesk.tokens.get(22_000_000_002)!
      expect(said(main)).toEqual([
        `::add-mask::${accessToken}`,
        'Zendesk has deprecated the endpoint that mints with `access-token`; it may stop any day. Use `client-secret` instead.',
        `::add-mask::${value}`,
        mintedLine(22_000_000_002, 'tickets:read tickets:write', 'does not expire')
      ])
      expect(said(post)).toEqual([
        `::add-mask::${accessToken}`,
        `::add-mask::${value}`,
        revokedLine(22_000_000_002)
      ])
      expect(requestLog(zendesk.requests)).toEqual([
        `GET /api/v2/oauth/clients?page[size]=100 | Bearer ${accessToken}`,
        `POST /api/v2/oauth/tokens | Bearer ${accessToken} | {"token":{"client_id":360000000101,"scopes":["tickets:read","tickets:write"]}}`,
        `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${accessToken}`,
        `GET /api/v2/oauth/tokens/current | Bearer ${value}`
      ])
      expect(zendesk.connections).toBe(2)
    }
  )

  it.concurrent('reports the expiry that Zendesk returns', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, {
      ...credentials.accessToken(zendesk),
      'client-id': 'tickets_only',
      scopes: 'tickets:read'
    })
    const { main, post } = await mainThenPost(zendesk, { inputs })
    expect(main.outputs).toMatchObject({ 'expires-at': '2026-11-21T12:30:00Z', scopes: 'tickets:read' })
    expect(said(main).at(-1)).toBe(mintedLine(22_000_000_002, 'tickets:read', 'expires in 30 minutes'))
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
  })

  it.concurrent('revokes its token before that of an earlier step, with which it was minted', async () => {
    const zendesk = await mockZendesk()
    const { steps } = await runJob(
      [
        { id: 'admin', uses: root, with: clientCredentials(zendesk) },
        {
          id: 'zis',
          uses: root,
          with: ({ steps: { admin } }) =>
            at(zendesk, {
              'client-id': 'zis_acme',
              'access-token': admin!.outputs['token']!,
              scopes: 'zis:read'
            })
        },
        {
          run: {
            script: async ({ context, print }) => {
              const url = `${zendesk.url}/api/services/zis/integrations/acme/configs`
              const authorization = `Bearer ${context.steps['zis']!.outputs['token']!}`
              print(String((await fetch(url, { headers: { authorization } })).status))
            }
          }
        }
      ],
      { env: preloaded() }
    )
    expect(steps.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(Array(5).fill([0, '']))
    expect(steps[2]!.stdout).toEqual(['200'])
    expect(said(steps[3]!).at(-1)).toBe(revokedLine(22_000_000_003))
    expect(said(steps[4]!).at(-1)).toBe(revokedLine(22_000_000_002))
    const admin = steps[0]!.outputs['token']!
    const zis = steps[1]!.outputs['token']!
    expect(requestLog(zendesk.requests).slice(-4)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000003 | Bearer ${admin}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${zis}`,
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${admin}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${admin}`
    ])
    expect(zendesk.activeTokens()).toEqual([])
  })
})
