import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import nock from 'nock'
import { type ZendeskRequest } from '../../../src/zendesk/connection.ts'
import { ORIGIN, useFakeTimeouts } from '../clock.ts'

/*
 * nock replaces `node:http`. It has to be removed again: all test files that a worker runs share Node's modules.
 */

export { nock }

/**
 * Lets nock respond to all requests of a test file, and fails a test whose expected requests were not made. No timeout
 * passes by itself.
 */
export function useNock(): void {
  useFakeTimeouts()
  beforeAll(() => {
    if (!nock.isActive()) nock.activate()
    nock.disableNetConnect()
  })

  afterEach(() => {
    const left = nock.pendingMocks()
    nock.abortPendingRequests()
    nock.cleanAll()
    expect(left).toEqual([])
  })

  afterAll(() => nock.restore())
}

/** A request to which {@link respond} responds. */
export const GET: ZendeskRequest = { purpose: 'read x', method: 'GET', path: '/x?page[after]=cursor' }

/** Lets the server respond to {@link GET} with these, one after the other. */
export function respond(
  ...responses: [status: number, headers?: Record<string, string>, body?: string][]
): void {
  for (const [status, headers = {}, body = '{}'] of responses) {
    nock(ORIGIN).get('/x').query(true).reply(status, body, headers)
  }
}
