import { describe, expect, it } from '@jest/globals'
import { isObject, asArray, asObject, asText } from '../../../src/lib/json.ts'

describe('isObject, asObject, asArray and asText', () => {
  it.each([
    [{ a: 1 }, true, { a: 1 }, [], undefined],
    [[1], false, {}, [1], undefined],
    ['words', false, {}, [], 'words'],
    ['', false, {}, [], undefined],
    [7, false, {}, [], undefined],
    [null, false, {}, [], undefined],
    [undefined, false, {}, [], undefined]
  ])('read %j as what it is, and a value of the wrong type as missing', (value, is, ...read) => {
    expect(isObject(value)).toBe(is)
    expect([asObject(value), asArray(value), asText(value)]).toEqual(read)
  })
})
