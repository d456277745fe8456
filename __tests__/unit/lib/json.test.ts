import { expect, it } from '@jest/globals'
import { isObject, asArray, asObject, asText } from '../../../src/lib/json.ts'

it.each([
  [{ a: 1 }, true, { a: 1 }, [], undefined],
  [[1], false, {}, [1], undefined],
  ['words', false, {}, [], 'words'],
  ['', false, {}, [], undefined],
  [7, false, {}, [], undefined],
  [null, false, {}, [], undefined]
])('isObject, asObject, asArray and asText of %j: the wrong type is as if missing', (value, ...read) => {
  expect([isObject(value), asObject(value), asArray(value), asText(value)]).toEqual(read)
})
