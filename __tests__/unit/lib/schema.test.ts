import { describe, expect, it } from '@jest/globals'
import { choice, flag, list, number, object, optional, plain, text, union } from '../../../src/lib/schema.ts'

interface Point {
  readonly x: number
  readonly name: string | undefined
}
type Shape = { readonly kind: 'dot'; readonly at: Point } | { readonly kind: 'none' }

const point = object<Point>({ x: number, name: optional(text) })
const shape = union<Shape>({
  dot: object({ kind: choice(['dot']), at: point }),
  none: object({ kind: choice(['none']) })
})

describe('plain', () => {
  const even = plain((value): value is number => typeof value === 'number' && value % 2 === 0)

  it('writes a value as it is, and reads only what is valid', () => {
    expect(even.write(2)).toBe(2)
    expect(even.read(2)).toBe(2)
    expect(() => even.read(3)).toThrow(TypeError)
  })
})

describe.each([
  ['text', text, ['a'], ['', 1, null]],
  ['flag', flag, [true, false], [0, 'true', null]],
  ['number', number, [0, -1.5], [NaN, Infinity, '1', null]]
])('%s', (_name, schema, valid, invalid) => {
  it('reads only its own type', () => {
    expect(valid.map((value) => schema.read(value))).toEqual(valid)
    for (const value of invalid) expect(() => schema.read(value)).toThrow(TypeError)
  })
})

describe('choice', () => {
  it('reads only one of its texts', () => {
    expect(choice(['a', 'b']).read('b')).toBe('b')
    expect(() => choice(['a', 'b']).read('c')).toThrow(TypeError)
  })
})

describe('list', () => {
  it('writes and reads each item', () => {
    const points = [{ x: 1, name: undefined }]
    expect(list(point).read(list(point).write(points))).toEqual(points)
    expect(() => list(number).read([1, '2'])).toThrow(TypeError)
    expect(() => list(number).read({ length: 0 })).toThrow(TypeError)
  })
})

describe('object', () => {
  it('names each field once, and ignores others', () => {
    expect(point.write({ x: 1, name: 'a' })).toEqual({ x: 1, name: 'a' })
    expect(point.read({ x: 1, other: 2 })).toEqual({ x: 1, name: undefined })
  })

  it.each([null, [], 'x', { name: 'a' }, { x: 1, name: 2 }])('does not read %j', (value) => {
    expect(() => point.read(value)).toThrow(TypeError)
  })
})

describe('union', () => {
  it.each<Shape>([{ kind: 'dot', at: { x: 1, name: 'a' } }, { kind: 'none' }])(
    'reads %j as it was written',
    (value) => {
      expect(shape.read(JSON.parse(JSON.stringify(shape.write(value))))).toEqual(value)
    }
  )

  it.each([undefined, {}, { kind: 'other' }, { kind: 'toString' }, { kind: 'dot' }])(
    'does not read %j',
    (value) => {
      expect(() => shape.read(value)).toThrow(TypeError)
    }
  )
})
