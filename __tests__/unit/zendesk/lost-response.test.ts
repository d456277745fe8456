import { expect, it } from '@jest/globals'
import { LostResponses } from '../../../src/zendesk/lost-response.ts'

const first = Date.parse('2026-11-21T12:00:00Z')

it('one lost response leaves one token, which may expire', () => {
  const lost = new LostResponses()
  expect(lost.isRetried).toBe(false)
  lost.retry()
  expect([lost.count, lost.isRetried]).toEqual([0, false])
  lost.add(first)
  lost.retry()
  expect([lost.count, lost.isRetried]).toEqual([1, true])
  expect(lost.note('ci_bot', 3600)).toBe(
    'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'
  )
})

it('several leave up to as many, since the first; what cannot be requested may never expire', () => {
  const lost = new LostResponses()
  for (const minute of [0, 1, 2]) lost.add(first + minute * 60_000)
  expect(lost.note('ci_bot', 3600)).toBe(
    'Up to 3 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and `sweep` removes them.'
  )
  expect(lost.note('42', undefined)).toBe(
    'Up to 3 unused tokens of client 42 may exist since 12:00 UTC; they may never expire, and `sweep` removes them.'
  )
})
