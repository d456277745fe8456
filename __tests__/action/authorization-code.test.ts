import { describe, expect, it } from '@jest/globals'

import {
  annotated,
  defaultScopes,
  KEPT_FOR_REFRESH,
  mintedLine,
  NOT_REVOKED_LATER,
  NOTHING,
  NOTHING_SAVED,
  published,
  revokedLine,
  said,
  stream
} from '../support/log-lines.ts'
import { mainThenPost } from '../support/run-action.ts'
import {
  at,
  authorizationCode,
  CODE_VERIFIER,
  mockZendesk,
  REDIRECT_URI,
  requestLog
} from '../support/zendesk.ts'

describe('with an authorization code, the action', () => {
  it.concurrent.each([
    ['PKCE for a public client', 'browser_app', true, undefined],
    ['a secret in the body', 'ci_bot', false, 'client_secret_post'],
    ['a secret in a Basic header', 'ci_bot', false, 'client_secret_basic'],
    ['PKCE and a secret in the body', 'ci_bot', true, 'client_secret_post'],
    ['PKCE and a secret in a Basic header', 'ci_bot', true, 'client_secret_basic']
  ])(
    'mints with %s, and post does not revoke the token, since that would revoke its refresh token',
    async (_how, client, usesPkce, method) => {
      const zendesk = await mockZendesk()
      const code = authorizationCode(zendesk, client, usesPkce)
      const secret = zendesk.client(client).secret
      const inputs = at(zendesk, {
        ...code,
        ...(method !== undefined && { 'client-secret': secret!, 'token-endpoint-auth-method': method })
      })
      const { main, post } = await mainThenPost(zendesk, { inputs })
      const { value, refreshToken } = zendesk.tokens.get(22_000_000_002)!
      const basic = Buffer.from(`${client}:${secret ?? ''}`).toString('base64')
      const isBasic = method === 'client_secret_basic'

      expect(said(main)).toEqual([
        ...(method ? [`::add-mask::${secret!}`] : []),
        `::add-mask::${code['authorization-code']!}`,
        ...(usesPkce ? [`::add-mask::${CODE_VERIFIER}`] : []),
        ...(isBasic ? [`::add-mask::${basic}`] : []),
        `::add-mask::${value}`,
        `::add-mask::${refreshToken!}`,
        defaultScopes(),
        mintedLine(22_000_000_002, 'read write', 'expires in 1 hour', NOT_REVOKED_LATER)
      ])
      expect(zendesk.requests[0]!.headers.authorization).toBe(isBasic ? `Basic ${basic}` : undefined)
      expect(zendesk.requests[0]!.json).toEqual({
        grant_type: 'authorization_code',
        code: code['authorization-code'],
        redirect_uri: REDIRECT_URI,
        ...(usesPkce && { code_verifier: CODE_VERIFIER }),
        client_id: client,
        ...(method === 'client_secret_post' && { client_secret: secret }),
        expires_in: 3600
      })
      expect(main.outputs).toMatchObject({
        token: value,
        'refresh-token': refreshToken,
        'token-id': '22000000002'
      })
      expect(JSON.stringify(main.state)).not.toContain(value)
      expect(stream(post)).toEqual([KEPT_FOR_REFRESH])
      expect(zendesk.seen()).toEqual(['POST /oauth/tokens', 'GET /api/v2/oauth/tokens/current'])
      expect(zendesk.connections).toBe(1)
      expect(zendesk.activeTokens()).toHaveLength(1)
    }
  )

  it.concurrent('revokes the token with the token itself if `skip-token-revoke` is false', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, {
      ...authorizationCode(zendesk, 'browser_app', true),
      'skip-token-revoke': 'False'
    })
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const { value, refreshToken } = zendesk.tokens.get(22_000_000_002)!
    for (const secret of [refreshToken!, CODE_VERIFIER, String(inputs['authorization-code'])]) {
      expect(main.state['zendesk']).not.toContain(secret)
    }
    // The code is used up, so post neither needs nor masks it.
    expect(said(post)).toEqual([`::add-mask::${value}`, revokedLine(22_000_000_002)])
    expect(requestLog(zendesk.requests).slice(2)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${value}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
  })

  it.concurrent('fails with the cause and the cure if the code was used before', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, authorizationCode(zendesk, 'browser_app', true))
    await mainThenPost(zendesk, { inputs })
    const { main, post } = await mainThenPost(zendesk, { inputs })
    expect(annotated(main)).toEqual([
      `::error::Could not mint a token: Zendesk rejected the grant (invalid_grant). An authorization code works once, for 120 seconds, and only with the same \`redirect-uri\`, \`code-verifier\` and client. Get another. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 400 ("invalid_grant: The provided access grant is invalid, expired, or revoked (e.g. invalid assertion, expired authorization token, bad end-user password credentials, or mismatching authorization code and…").`
    ])
    expect(main.exitCode).toBe(1)
    expect(published(main)).toEqual(NOTHING)
    expect(stream(post)).toEqual([NOTHING_SAVED])
  })
})
