import { describe, expect, it } from '@jest/globals'

import { type InputValue } from '../../mock/runner.ts'
import { type Zendesk } from '../../mock/zendesk.ts'
import {
  annotated,
  defaultScopes,
  mintedLine,
  NOT_REVOKED_LATER,
  retryLine,
  said,
  KEPT_FOR_REFRESH
} from '../support/log-lines.ts'
import { mainThenPost } from '../support/run-action.ts'
import { at, authorizationCode, edited, mockZendesk, requestLog } from '../support/zendesk.ts'

/** The inputs with the refresh token that came with an authorization code. */
async function refreshTokenOf(zendesk: Zendesk): Promise<Record<string, InputValue>> {
  const { main } = await mainThenPost(zendesk, {
    inputs: at(zendesk, authorizationCode(zendesk, 'browser_app', true))
  })
  zendesk.forget()
  return at(zendesk, { 'client-id': 'browser_app', 'refresh-token': main.outputs['refresh-token']! })
}

describe('with a refresh token, the action', () => {
  it.concurrent('masks and publishes the next refresh token, and does not revoke the token', async () => {
    const zendesk = await mockZendesk()
    const inputs = await refreshTokenOf(zendesk)
    const sent = String(inputs['refresh-token'])
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const { value, refreshToken } = zendesk.tokens.get(22_000_000_003)!
    expect(said(main)).toEqual([
      `::add-mask::${sent}`,
      `::add-mask::${value}`,
      `::add-mask::${refreshToken!}`,
      defaultScopes(),
      mintedLine(22_000_000_003, 'read write', 'expires in 1 hour', NOT_REVOKED_LATER)
    ])
    expect(requestLog(zendesk.requests)).toEqual([
      `POST /oauth/tokens | {"grant_type":"refresh_token","refresh_token":"${sent}","client_id":"browser_app","expires_in":3600}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
    expect(main.outputs).toMatchObject({ token: value, 'refresh-token': refreshToken })
    expect(refreshToken).not.toBe(sent)
    expect(said(post)).toEqual([KEPT_FOR_REFRESH])
    expect(zendesk.activeTokens().map(({ id }) => id)).toEqual([22_000_000_003])
  })

  it.concurrent('publishes the next refresh token even if it cannot use the access token', async () => {
    const zendesk = await mockZendesk()
    const inputs = await refreshTokenOf(zendesk)
    zendesk.fault(
      { path: '/oauth/tokens' },
      edited((body) => ({ ...body, access_token: 'short' }))
    )
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const { refreshToken } = zendesk.tokens.get(22_000_000_003)!
    expect(main.outputs).toEqual({ 'refresh-token': refreshToken })
    expect(said(main).slice(0, 2)).toEqual([
      `::add-mask::${String(inputs['refresh-token'])}`,
      `::add-mask::${refreshToken!}`
    ])
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::error::Could not mint a token: The response cannot be used\. /)
    ])
    expect(main.exitCode).toBe(1)
    expect(post.exitCode).toBe(0)
  })

  it.concurrent('publishes the next refresh token even if Zendesk rejects the access token', async () => {
    const zendesk = await mockZendesk()
    const inputs = await refreshTokenOf(zendesk)
    zendesk.fault({ path: '/api/v2/oauth/tokens/current' }, { kind: 'stray-401' })
    const { main } = await mainThenPost(zendesk, { inputs })
    expect(main.exitCode).toBe(1)
    expect(main.outputs['refresh-token']).toBe(zendesk.tokens.get(22_000_000_003)!.refreshToken)
  })

  it.concurrent(
    'says that a lost request was probably carried out if the retry gets invalid_grant',
    async () => {
      const zendesk = await mockZendesk()
      const inputs = await refreshTokenOf(zendesk)
      zendesk.fault({ path: '/oauth/tokens', count: 1 }, { kind: 'lose-response' })
      const { main } = await mainThenPost(zendesk, { inputs, mainRun: { random: 0 } })
      expect(said(main)).toContain(
        retryLine(
          'POST /oauth/tokens: The connection broke before the response was complete: ECONNRESET',
          2,
          '0.0'
        )
      )
      expect(annotated(main)).toEqual([
        '::warning::An unused token of client browser_app may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.',
        expect.stringMatching(
          /^::error::.*\(invalid_grant\).*The first attempt got no usable response and was probably carried out\./
        )
      ])
    }
  )
})
