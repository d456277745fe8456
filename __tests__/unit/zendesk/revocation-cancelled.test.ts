import { expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type FinalResponse } from '../../../src/zendesk/client.ts'
import { mintedToken } from '../../../src/zendesk/minted-token.ts'
import { revokeAndVerify, type Outcome } from '../../../src/zendesk/revocation.ts'
import { readTokenResponse } from '../../../src/zendesk/token-response.ts'
import { NOON, testClient, type TestClient } from '../clock.ts'
import { usesConnections } from './connect.ts'
import { serve } from './servers.ts'

usesConnections()

function revoke({ client }: TestClient): Promise<Outcome> {
  const token = new Secret('abcdefghij-the-token')
  const response = readTokenResponse({}, { kind: 'refresh_token' } as never)
  const minted = mintedToken({ response, token, date: NOON }, { scopes: ['read'], expiresIn: 3600 }, NOON)
  return revokeAndVerify(client, minted, {
    credential: undefined,
    clientId: 'ci_bot',
    onCleanupToken: () => undefined,
    onRemaining: () => undefined
  })
}

it('takes the response to a DELETE that was sent before the job was cancelled, and sends nothing after it', async () => {
  const requests: unknown[] = []
  let cancel = (): void => undefined
  const { port } = await serve((request, response) => {
    requests.push(request.method)
    cancel()
    setTimeout(() => response.writeHead(204).end(), 30)
  })
  const test = testClient({ origin: `http://127.0.0.1:${port}` })
  cancel = test.cancel
  expect(await revoke(test)).toMatchObject({ result: 'unverified', why: { kind: 'cancelled' } })
  expect(requests).toEqual(['DELETE'])
  test.client.close()
})

it('gives only its DELETEs 2 s to finish after the job is cancelled', async () => {
  const test = testClient()
  const send = jest
    .spyOn(test.client, 'send')
    .mockResolvedValueOnce({ status: 204, json: undefined, html: false } as FinalResponse)
    .mockResolvedValueOnce({ status: 401, json: { error: 'invalid_token' }, html: false } as FinalResponse)
  expect(await revoke(test)).toEqual({ result: 'verified' })
  expect(send.mock.calls.map(([{ method }, options]) => [method, options?.grace])).toEqual([
    ['DELETE', 2000],
    ['GET', undefined]
  ])
})
