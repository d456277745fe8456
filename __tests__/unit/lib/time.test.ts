import { expect, it } from '@jest/globals'
import { duration, isoTime } from '../../../src/lib/time.ts'

it('isoTime writes a time in UTC to the second, and an invalid one as nothing', () => {
  expect(isoTime(Date.UTC(2027, 3, 30, 12, 0, 0, 999))).toBe('2027-04-30T12:00:00Z')
  expect([NaN, Infinity, 8.64e15 + 1].map(isoTime)).toEqual(['', '', ''])
})

it.each([
  [-5, '0 seconds'],
  [0.4, '0 seconds'],
  [1, '1 second'],
  [59.4, '59 seconds'],
  [59.6, '1 minute'],
  [3600, '1 hour'],
  [5400, '1 hour 30 minutes'],
  [7261, '2 hours 1 minute'],
  [86_400, '1 day'],
  [172_800 + 3600 + 60 + 1, '2 days 1 hour']
])('duration writes %p s as %p', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})
