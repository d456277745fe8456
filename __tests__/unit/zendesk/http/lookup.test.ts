import dns from 'node:dns'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { isLookingUp, lookup } from '../../../../src/zendesk/http/lookup.ts'

afterEach(() => {
  jest.restoreAllMocks()
})

describe('lookup', () => {
  it('asks the system, and returns what that says', async () => {
    const found = await new Promise((resolve) => {
      lookup('localhost', { all: true }, (...result) => resolve(result))
    })
    expect(found).toEqual([
      null,
      expect.arrayContaining([expect.objectContaining({ family: expect.any(Number) })])
    ])
  })
})

describe('isLookingUp', () => {
  it('is true until each look-up has come back', () => {
    const ends: (() => void)[] = []
    jest.spyOn(dns, 'lookup').mockImplementation(((_host: string, _options: object, end: () => void) => {
      ends.push(end)
    }) as typeof dns.lookup)
    const states = [isLookingUp()]
    for (const host of ['a.example', 'b.example']) lookup(host, {}, () => undefined)
    states.push(isLookingUp())
    for (const end of ends) {
      end()
      states.push(isLookingUp())
    }
    expect(states).toEqual([false, true, true, false])
  })
})
