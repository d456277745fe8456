import dns from 'node:dns'
import { afterEach, expect, it, jest } from '@jest/globals'
import { isLookingUp, lookup } from '../../../../src/zendesk/http/lookup.ts'

afterEach(() => void jest.restoreAllMocks())

it('lookup and isLookingUp pass a look-up on to the system, and tell whether one has not come back', () => {
  const asked = jest.spyOn(dns, 'lookup').mockReturnValue()
  const found = jest.fn()
  const states = [isLookingUp()]
  for (const host of ['a.example', 'b.example']) lookup(host, { all: true }, found)
  states.push(isLookingUp())
  for (const [host, options, end] of asked.mock.calls as unknown as [string, object, typeof found][]) {
    end(null, host, options)
    states.push(isLookingUp())
  }
  expect(states).toEqual([false, true, true, false])
  expect(found.mock.calls).toEqual(['a.example', 'b.example'].map((host) => [null, host, { all: true }]))
})
