import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import nock from 'nock'

/*
 * nock replaces `node:http`. It has to be removed again: all test files that a worker runs share Node's modules.
 */

export { nock }

/** Lets nock respond to all requests of a test file, and fails a test whose expected requests were not made. */
export function useNock(): void {
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

  afterAll(() => {
    nock.restore()
  })
}
