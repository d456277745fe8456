import { describe, expect, it } from '@jest/globals'

import { ADMIN_ID } from '../../mock/zendesk.ts'
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
import { mainThenPost, userAgent } from '../support/run-action.ts'
import { at, basicOf, credentials, mockZendesk, requestLog } from '../support/zendesk.ts'

const DEPRECATED =
  'Zendesk has deprecated the endpoint that mints with `api-token`; it may stop any day, and API tokens stop working on 2027-04-30. Use `client-secret` instead.'

describe('with an API token, the action', () => {
  it.concurrent(
    'mints with one request if `client-id` is a number; post revokes with the API token, and verifies',
    async () => {
      const zendesk = await mockZendesk()
      const inputs = at(zendesk, { ...credentials.apiToken(zendesk), 'client-id': 360_000_000_101 })
      const { main, post } = await mainThenPost(zendesk, { inputs })
      const basic = basicOf(zendesk)
      const token = zendesk.tokens.get(22_000_000_002)!
      const masks = [`::add-mask::${zendesk.credentials.apiToken}`, `::add-mask::${basic}`]

      expect(stream(main)).toEqual([
        ...masks,
        DEPRECATED,
        `::add-mask::${token.value}`,
        responded('POST /api/v2/oauth/tokens', 201),
        defaultScopes(),
        mintedLine(22_000_000_002, 'read write', 'does not expire')
      ])
      expect(stream(post)).toEqual([
        ...masks,
        `::add-mask::${token.value}`,
        responded('DELETE /api/v2/oauth/tokens/22000000002', 204),
        responded('GET /api/v2/oauth/tokens/current', 401),
        revokedLine(22_000_000_002)
      ])
      expect(main.outputs).toEqual({
        token: token.value,
        'token-id': '22000000002',
        'client-id': '360000000101',
        'user-id': String(ADMIN_ID),
        scopes: 'read write',
        'expires-at': '',
        'base-url': zendesk.url,
        'refresh-token': ''
      })
      expect(requestLog(zendesk.requests)).toEqual([
        `POST /api/v2/oauth/tokens | Basic ${basic} | {"token":{"client_id":360000000101,"scopes":["read","write"]}}`,
        `DELETE /api/v2/oauth/tokens/22000000002 | Basic ${basic}`,
        `GET /api/v2/oauth/tokens/current | Bearer ${token.value}`
      ])
      expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 2, 2])
      for (const { headers } of zendesk.requests) {
        expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': userAgent })
      }
      expect(zendesk.requests[0]!.headers['content-type']).toBe('application/json')
      for (const step of [main, post]) {
        expect(step).toMatchObject({ exitCode: 0, stderr: '', summary: '' })
      }
      expect(main.env).toEqual({})
      expect(published(post)).toEqual(NOTHING)
    }
  )

  it.concurrent(
    'looks the client up by its identifier, page by page, over the connection of the mint',
    async () => {
      const zendesk = await mockZendesk({ clientsBefore: 250 })
      const { main, post } = await mainThenPost(zendesk, {
        inputs: at(zendesk, { ...credentials.apiToken(zendesk), email: 'ada@acme.example/token' })
      })
      // The cursors of the mock end in characters that have to be encoded.
      const cursor = (id: number): string =>
        encodeURIComponent(`${Buffer.from(`id:${id}`).toString('base64')}+=`)
      expect(zendesk.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
        'GET /api/v2/oauth/clients?page[size]=100',
        `GET /api/v2/oauth/clients?page[size]=100&page[after]=${cursor(350_000_000_100)}`,
        `GET /api/v2/oauth/clients?page[size]=100&page[after]=${cursor(350_000_000_200)}`,
        'POST /api/v2/oauth/tokens',
        'DELETE /api/v2/oauth/tokens/22000000002',
        'GET /api/v2/oauth/tokens/current'
      ])
      expect(zendesk.requests[3]!.json).toEqual({
        token: { client_id: 360_000_000_101, scopes: ['read', 'write'] }
      })
      expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 2, 2])
      expect(zendesk.requests[0]!.headers.authorization).toBe(`Basic ${basicOf(zendesk)}`)
      expect(main.outputs).toMatchObject({ 'client-id': '360000000101' })
      expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
    }
  )

  it.concurrent('warns from 90 days before API tokens stop working', async () => {
    const zendesk = await mockZendesk()
    const { main } = await mainThenPost(zendesk, {
      inputs: at(zendesk, credentials.apiToken(zendesk)),
      mainRun: { now: Date.UTC(2027, 0, 30) }
    })
    expect(annotated(main)).toEqual([`::warning::${DEPRECATED}`])
  })
})
