import { describe, expect, it } from '@jest/globals'
import {
  adminEmail,
  InputError,
  InputReader,
  insideQuotes,
  isMaskable
} from '../../../src/inputs/input-reader.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()
const CONTROL = /^Invalid input `it`: the value contains a control character, such as a line break\./

/** What the error says about one input, read by `read`; `undefined` if it is valid. */
function problem(value: string | undefined, read: (reader: InputReader) => unknown): string | undefined {
  runner.inputs({ it: value })
  const reader = new InputReader()
  read(reader)
  try {
    reader.finish(0)
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return (error as Error).message
  }
}

function value<Value>(given: string | undefined, read: (reader: InputReader) => Value): Value {
  expect(problem(given, read)).toBeUndefined()
  return read(new InputReader())
}

it('a secret has eight characters or more, and no control character', () => {
  const values = ['1234567', '12345678', '1234\n5678', '1234\u00855678', '', 'ünüqünüq']
  expect(values.map(isMaskable)).toEqual([false, true, false, false, false, true])
})

it('an e-mail address loses the ending `/token`, and nothing else', () => {
  const emails = ['ada@acme.example/token', 'ada@acme.example', '/token', 'a/tokens@x', 'a@x/token/token']
  expect(emails.map(adminEmail)).toEqual([
    'ada@acme.example',
    'ada@acme.example',
    '',
    'a/tokens@x',
    'a@x/token'
  ])
})

it('quotes count only as a pair around the whole value', () => {
  const values = ['"a"', "'a'", '`a`', '"a\'', 'a"b"', '"', '""']
  expect(values.map(insideQuotes)).toEqual(['a', 'a', 'a', undefined, undefined, undefined, ''])
})

describe('the error', () => {
  it('is not thrown if every input is valid', () => {
    expect(new InputReader().finish('value')).toBe('value')
  })

  it('names one problem', () => {
    const reader = new InputReader()
    reader.problem('scopes', 'they are wrong.')
    expect(() => reader.finish(0)).toThrow('Invalid input `scopes`: they are wrong.')
  })

  it('numbers several problems', () => {
    const reader = new InputReader()
    reader.problem('scopes', 'one.')
    reader.problem('email', 'two.')
    expect(() => reader.finish(0)).toThrow('2 invalid inputs: (1) `scopes`: one. (2) `email`: two.')
  })
})

describe('a text', () => {
  const read = (reader: InputReader): string => reader.text('it')

  it('is trimmed, and empty if it is not set', () => {
    expect(value('  a b\n', read)).toBe('a b')
    expect(value(undefined, read)).toBe('')
  })

  it.each(['a\nb', 'a\tb', 'a\0b', 'a\u007fb', 'a\u0085b'])(
    'is refused for its control character: %j',
    (given) => {
      expect(problem(given, read)).toMatch(CONTROL)
      expect(read(new InputReader())).toBe('')
    }
  )

  it('is not quoted if it has a control character', () => {
    expect(problem('hush\nhush', read)).not.toMatch('hush')
  })
})

it('a required text is refused if it is empty, with the likely cause, and once for a control character', () => {
  const read = (reader: InputReader): string => reader.required('it', 'Write it.')
  expect(problem(' ', read)).toBe(
    'Invalid input `it`: it is required, but empty. Write it. If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'
  )
  expect(value('x', read)).toBe('x')
  expect(problem('a\nb', read)).toMatch(CONTROL)
})

describe('a secret', () => {
  const read = (reader: InputReader): string | undefined => reader.secret('it')?.reveal()

  it('is set or not', () => {
    expect(value(' 12345678 ', read)).toBe('12345678')
    expect(value('', read)).toBeUndefined()
  })

  it('is refused below eight characters, and not quoted', () => {
    expect(problem('123zzz7', read)).toMatch(/`it`: the value is shorter than 8 characters/)
    expect(problem('123zzz7', read)).not.toMatch('123zzz7')
  })

  it('is refused for a control character, and for quotes around it', () => {
    expect(problem('1234\n5678', read)).toMatch(CONTROL)
    expect(problem('"12345678"', read)).toMatch(/`it`: the value is wrapped in quotes/)
    expect(problem('"12345678"', read)).not.toMatch('12345678')
  })
})

it('a choice is one of its values in any case, and the first if it is not set', () => {
  const read = (reader: InputReader): string => reader.choice('it', ['auto', 'true', 'false'])
  const given = ['AUTO', 'True', 'false', '']
  expect(given.map((text) => value(text, read))).toEqual(['auto', 'true', 'false', 'auto'])
  expect(problem('Yes', read)).toBe(
    'Invalid input `it`: "yes" is not one of its values. Write `auto` or `true` or `false`.'
  )
})

it.each([true, false])('a flag that is %p if it is not set is true or false', (ifEmpty) => {
  const read = (reader: InputReader): boolean => reader.flag('it', ifEmpty)
  expect(['', 'TRUE', 'False'].map((text) => value(text, read))).toEqual([ifEmpty, true, false])
  expect(problem('1', read)).toMatch(
    /"1" is not one of its values\. Write `(true` or `false|false` or `true)`\.$/
  )
})

describe('a number of seconds', () => {
  const read = (reader: InputReader): number | undefined => reader.seconds('it', 5, 3600)

  it('is from the least to the most', () => {
    expect(['5', '3600', '0300', ''].map((given) => value(given, read))).toEqual([5, 3600, 300, undefined])
  })

  it.each(['4', '3601', '1e2', '-5', '5.0', '0x10', 'five', '9'.repeat(400), '٥٥'])(
    'is not %.20s',
    (given) => {
      expect(problem(given, read)).toMatch(/`it`: ".+" is not a whole number of seconds from 5 to 3600\.$/)
      expect(read(new InputReader())).toBeUndefined()
    }
  )
})
