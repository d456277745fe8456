import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import nock from 'nock'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { ORIGIN, useFakeTimeouts } from './client.ts'

/*
 * nock replaces `node:http`. It has to be removed again: all test files that a worker runs share Node's modules.
 */

export { nock }

/**
 * Lets nock respond to all requests of a test file, and fails a test that does not make the expected requests, or
 * makes others. No timeout passes by itself.
 */
export function useNock(): void {
  let others = 0
  const count = (): void => void (others += 1)

  useFakeTimeouts()
  beforeAll(() => {
    if (!nock.isActive()) nock.activate()
    nock.disableNetConnect()
    nock.emitter.on('no match', count)
  })

  afterEach(() => {
    const result = { left: nock.pendingMocks(), others }
    nock.abortPendingRequests()
    nock.cleanAll()
    others = 0
    expect(result).toEqual({ left: [], others: 0 })
  })

  afterAll(() => {
    nock.emitter.off('no match', count)
    nock.restore()
  })
}

/** A request to which {@link respond} responds. */
export const GET: ZendeskRequest = { operation: 'listClients', method: 'GET', path: '/x?page[after]=cursor' }

/** Lets the server respond to {@link GET} with these, one after the other. */
export function respond(
  ...responses: [status: number, headers?: Record<string, string>, body?: string][]
): void {
  for (const [status, headers = {}, body = '{}'] of responses) {
    nock(ORIGIN).get('/x').query(true).reply(status, body, headers)
  }
}
