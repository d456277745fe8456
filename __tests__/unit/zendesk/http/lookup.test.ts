import dns from 'node:dns'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { isLookingUp, lookup } from '../../../../src/zendesk/http/lookup.ts'

afterEach(() => jest.restoreAllMocks())

describe('lookup', () => {
  it('asks the system, and returns what that says', async () => {
    const found = await new Promise((resolve) =>
      lookup('localhost', { all: true }, (...result) => resolve(result))
    )
    const address = expect.objectContaining({ family: expect.any(Number) })
    expect(found).toEqual([null, expect.arrayContaining([address])])
  })
})

describe('isLookingUp', () => {
  it('is true until each look-up has come back', () => {
    const ends: (() => void)[] = []
    const keep = (_host: string, _options: object, end: () => void): unknown => ends.push(end)
    jest.spyOn(dns, 'lookup').mockImplementation(keep as typeof dns.lookup)
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
