import { expect, it } from '@jest/globals'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'

it('LostResponses counts, remembers the first, and a retry only after it', () => {
  const lost = new LostResponses()
  lost.retry()
  lost.add(5000)
  expect(lost.isRetried).toBe(false)
  lost.retry()
  for (const time of [6000, 7000]) lost.add(time)
  expect(lost).toMatchObject({ count: 3, since: 5000, isRetried: true })
})
