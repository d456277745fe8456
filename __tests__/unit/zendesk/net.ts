import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import nock from 'nock'

/*
 * nock takes the place of `node:http` when it is loaded, so this has to be imported before anything of src/. It has
 * to be taken out again too: the modules of Node are the same for all test files that a worker runs.
 */

export { nock }

/** Lets nock answer all requests of a test file, and fails a test whose expected requests were not made. */
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
