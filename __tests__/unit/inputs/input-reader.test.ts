import { describe, expect, it } from '@jest/globals'
import { given, InputError, InputReader, isSet, shown } from '../../../src/inputs/input-reader.ts'
import { RecordedLog } from '../../support/client.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const CONTROL = /^Invalid input `it`: the value contains a control character, such as a line break: U\+/

/** What `read` returns of an input, and what the error says about it, if it is invalid. */
function readFrom<Value>(
  given: string | undefined,
  read: (reader: InputReader) => Value
): { value: Value; problem: string | undefined } {
  runner.inputs({ it: given })
  const reader = new InputReader()
  const value = read(reader)
  try {
    reader.finish(new RecordedLog())
    return { value, problem: undefined }
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return { value, problem: (error as Error).message }
  }
}

const problem = (given: string, read: (reader: InputReader) => unknown): string | undefined =>
  readFrom(given, read).problem

function value<Value>(given: string | undefined, read: (reader: InputReader) => Value): Value {
  const { value, problem } = readFrom(given, read)
  expect(problem).toBeUndefined()
  return value
}

describe('given', () => {
  it.each([
    [undefined, ''],
    ['', ''],
    [' \u200b\n', ''],
    ['\ufeff a\u200bb \u200e', 'a\u200bb']
  ])('of %j is %j', (value, expected) => {
    runner.inputs({ it: value })
    expect(given('it')).toBe(expected)
  })
})

describe('isSet', () => {
  it.each([
    [undefined, false],
    ['\u200b', false],
    ['0', true]
  ])('of %j is %p', (value, expected) => {
    runner.inputs({ it: value })
    expect(isSet('it')).toBe(expected)
  })
})

describe('shown', () => {
  it.each([
    ['acme', 'acme'],
    ['a\n::b', 'a : :b'],
    ['https://ada:pa//ss@x@y.io/', '***@y.io/'],
    ['0123456789'.repeat(4), '***'],
    ['x'.repeat(201), `${'x'.repeat(199)}…`]
  ])('of %j is %s', (value, expected) => {
    expect(shown(value)).toBe(expected)
  })

  it('takes linear time', () => {
    expect(shown('/'.repeat(1_000_000))).toHaveLength(200)
  })
})

describe('InputReader.finish', () => {
  const scopes = (reader: InputReader): void => {
    reader.problem('scopes', 'they are wrong.')
  }

  it.each<[string, (reader: InputReader) => void, string | undefined, string[]]>([
    ['logs the warnings', (reader) => reader.warning('scopes', 'Odd.'), undefined, ['`scopes`: Odd.']],
    ['names one problem', scopes, 'Invalid input `scopes`: they are wrong.', []],
    [
      'names a problem once, and then logs no warning',
      (reader) => {
        scopes(reader)
        scopes(reader)
        reader.warning('scopes', 'Odd.')
      },
      'Invalid input `scopes`: they are wrong.',
      []
    ],
    [
      'numbers several problems',
      (reader) => {
        scopes(reader)
        reader.problem('email', 'it is, too.')
      },
      '2 invalid inputs: (1) `scopes`: they are wrong. (2) `email`: it is, too.',
      []
    ]
  ])('%s', (_what, read, message, warnings) => {
    const [reader, log] = [new InputReader(), new RecordedLog()]
    read(reader)
    const finish = (): void => {
      reader.finish(log)
    }
    if (message === undefined) finish()
    else expect(finish).toThrow(new InputError(message))
    expect(log.of('warning')).toEqual(warnings)
  })
})

describe('InputReader.text', () => {
  const read = (reader: InputReader): string => reader.text('it')

  it('is trimmed, and empty if it is not set', () => {
    expect(value('  a b\n', read)).toBe('a b')
    expect(value('\u200ba\ufeff', read)).toBe('a')
    expect(value(undefined, read)).toBe('')
  })

  it.each([
    ['hush\nhush', CONTROL],
    ['hush\u0085hush', CONTROL],
    [
      'hush\u200bhush',
      /^Invalid input `it`: the value contains an invisible character: U\+200B after the 4th character\./
    ]
  ])('is refused for a character inside, and not quoted: %j', (given, error) => {
    const { value, problem } = readFrom(given, read)
    expect(value).toBe('')
    expect(problem).toMatch(error)
    expect(problem).not.toContain('hush')
  })
})

it('InputReader.words separates at white space and what is invisible, and refuses other control characters', () => {
  const read = (reader: InputReader): string => reader.words('it')
  expect(value('\u200ba\u200bb\r\nc\u{e0100}d ', read)).toBe('a b  c d')
  expect(problem('ab\u200bc\u0007d', read)).toContain('U+0007 after the 4th character')
})

it('InputReader.required refuses an empty text with the likely cause, and one with a control character once', () => {
  const read = (reader: InputReader): string => reader.required('it', 'Write it.')
  expect(problem(' \u200b', read)).toBe(
    'Invalid input `it`: it is required, but empty. Write it. If it comes from `vars` or `secrets`, check that it exists in this repository or environment; runs from forks and Dependabot get no secrets.'
  )
  expect(value('x', read)).toBe('x')
  expect(problem('a\nb', read)).toMatch(CONTROL)
})

describe('InputReader.secret', () => {
  const read = (reader: InputReader): string => reader.secret('it').reveal()

  it('is trimmed, and empty if it is not set', () => {
    expect(value(' \u200b12345678\ufeff ', read)).toBe('12345678')
    expect(value('', read)).toBe('')
  })

  it.each([
    ['being too short', '123zzz7', /^Invalid input `it`: the value is shorter than 8 characters/],
    ['a control character', '123zzz7\n5678', CONTROL],
    ['quotes around it', '"123zzz78"', /^Invalid input `it`: the value is wrapped in quotes/]
  ])('is refused for %s, and not quoted', (_what, given, error) => {
    expect(problem(given, read)).toMatch(error)
    expect(problem(given, read)).not.toContain('123zzz7')
  })

  it('can be a part of the input', () => {
    expect(value('a-longer-value', (reader) => reader.secret('it', 'a-secret').reveal())).toBe('a-secret')
    expect(problem('a-longer-value', (reader) => reader.secret('it', 'short'))).toMatch(
      /`it`: the value is shorter/
    )
  })
})

it('InputReader.choice is one of its values in any case, and the first if it is not set', () => {
  const read = (reader: InputReader): string => reader.choice('it', ['auto', 'true', 'false'])
  const given = ['AUTO', 'True', 'false', '']
  expect(given.map((text) => value(text, read))).toEqual(['auto', 'true', 'false', 'auto'])
  expect(problem('Yes', read)).toBe(
    'Invalid input `it`: "yes" is not valid. Write `auto` or `true` or `false`.'
  )
})

it.each([true, false])('InputReader.flag that is %p if it is not set is true or false', (ifEmpty) => {
  const read = (reader: InputReader): boolean => reader.flag('it', ifEmpty)
  expect(['', 'TRUE', 'False'].map((text) => value(text, read))).toEqual([ifEmpty, true, false])
  expect(problem('1', read)).toMatch(/"1" is not valid\. Write `(true` or `false|false` or `true)`\.$/)
})

describe('InputReader.seconds', () => {
  const read = (reader: InputReader): number => reader.seconds('it', [5, 3600], 60)

  it('is from the least to the most, or the default', () => {
    expect(['5', '3600', '0300', ''].map((given) => value(given, read))).toEqual([5, 3600, 300, 60])
  })

  it.each(['4', '3601', '1e2', '-5', '5.0', '0x10', 'five', '9'.repeat(400), '٥٥'])(
    'is not %.20s',
    (given) => {
      expect(problem(given, read)).toMatch(/`it`: ".+" is not a whole number of seconds from 5 to 3600\.$/)
    }
  )
})
