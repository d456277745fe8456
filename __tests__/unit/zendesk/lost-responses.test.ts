import { describe, expect, it } from '@jest/globals'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'

describe('LostResponses', () => {
  it('counts, and remembers the first', () => {
    const lost = new LostResponses()
    for (const time of [5000, 6000, 7000]) lost.add(time)
    expect(lost).toMatchObject({ count: 3, since: 5000, isRetried: false })
  })

  it('counts a retry only after a lost response', () => {
    const lost = new LostResponses()
    lost.retry()
    expect(lost.isRetried).toBe(false)
    lost.add(5000)
    lost.retry()
    expect(lost.isRetried).toBe(true)
  })
})
