import { describe, expect, it } from '@jest/globals'
import {
  choice,
  flag,
  list,
  number,
  object,
  optional,
  plain,
  text,
  union,
  type Schema
} from '../../../src/lib/schema.ts'

type Point = Readonly<{ x: number; name: string | undefined }>
type Shape = { readonly kind: 'dot'; readonly at: Point } | { readonly kind: 'none' }

const point = object<Point>({ x: number, name: optional(text) })
const shape = union<Shape>({
  dot: object({ kind: choice(['dot']), at: point }),
  none: object({ kind: choice(['none']) })
})

const NAMED = { x: 1, name: 'a' }
const even = plain((value): value is number => typeof value === 'number' && value % 2 === 0)

// `%s` is the name of an export.
describe.each<[string, Schema<unknown>, valid: unknown[], invalid: unknown[]]>([
  ['plain', even, [2], [3]],
  ['text', text, ['a'], ['', 1, null]],
  ['flag', flag, [true, false], [0, 'true', null]],
  ['number', number, [0, -1.5], [NaN, Infinity, '1', null]],
  ['choice', choice(['a', 'b']), ['b'], ['c']],
  ['list', list(point), [[{ x: 1, name: undefined }]], [{ length: 0 }, [{ x: 1 }, { x: '2' }]]],
  ['object', point, [NAMED, { x: 1, name: undefined }], [null, [], 'x', { name: 'a' }, { x: 1, name: 2 }]],
  [
    'union',
    shape,
    [{ kind: 'dot', at: NAMED }, { kind: 'none' }],
    [undefined, {}, ...['other', 'toString', 'dot'].map((kind) => ({ kind }))]
  ]
])('%s', (_name, schema, valid, invalid) => {
  it('reads what it writes, also from JSON, and nothing else', () => {
    const written = valid.map((value) => schema.write(value))
    expect(JSON.parse(JSON.stringify(written))).toEqual(JSON.parse(JSON.stringify(valid)))
    expect(written.map((value) => schema.read(JSON.parse(JSON.stringify(value))))).toEqual(valid)
    for (const value of invalid) expect(() => schema.read(value)).toThrow(TypeError)
  })
})

it('object names each field once, and ignores others', () => {
  expect(point.write({ x: 1, name: 'a', other: 2 } as Point)).toEqual({ x: 1, name: 'a' })
  expect(point.read({ x: 1, other: 2 })).toEqual({ x: 1, name: undefined })
})
