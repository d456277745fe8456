import { describe, expect, it } from '@jest/globals'
import { given, InputError, InputReader, isSet, shown } from '../../../src/inputs/input-reader.ts'
import { RecordedLog } from '../../support/client.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()

it.each([
  [undefined, '', false],
  ['', '', false],
  [' \u200b\n', '', false],
  ['0', '0', true],
  ['\ufeff a\u200bb \u200e', 'a\u200bb', true]
])('given and isSet: of %j is %j, which is set: %p', (value, expected, expectedSet) => {
  runner.inputs({ it: value })
  expect([given('it'), isSet('it')]).toEqual([expected, expectedSet])
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
  it('logs the warnings, if there is no problem', () => {
    const [reader, log] = [new InputReader(), new RecordedLog()]
    reader.warning('scopes', 'Odd.')
    reader.finish(log)
    expect(log.lines).toEqual(['warning: `scopes`: Odd.'])
  })

  it('names each problem once, with numbers if there are several, and logs no warning', () => {
    const [reader, log] = [new InputReader(), new RecordedLog()]
    const finish = (): void => reader.finish(log)
    reader.warning('scopes', 'Odd.')
    reader.problem('scopes', 'they are wrong.')
    reader.problem('scopes', 'they are wrong.')
    expect(finish).toThrow(InputError)
    expect(finish).toThrow(new Error('Invalid input `scopes`: they are wrong.'))
    reader.problem('email', 'it is, too.')
    const both = '2 invalid inputs: (1) `scopes`: they are wrong. (2) `email`: it is, too.'
    expect(finish).toThrow(new Error(both))
    expect(log.lines).toEqual([])
  })
})

const METHODS = {
  text: (reader: InputReader) => reader.text('it'),
  words: (reader: InputReader) => reader.words('it'),
  required: (reader: InputReader) => reader.required('it', 'Write it.'),
  secret: (reader: InputReader) => reader.secret('it').reveal(),
  choice: (reader: InputReader) => reader.choice('it', ['auto', 'true', 'false']),
  'flag on': (reader: InputReader) => reader.flag('it', true),
  'flag off': (reader: InputReader) => reader.flag('it', false),
  seconds: (reader: InputReader) => reader.seconds('it', [5, 3600], 60)
}

/** What a method returns, and the error about it, if there is one. */
function read(method: keyof typeof METHODS, given: string | undefined): [value: unknown, problem?: string] {
  runner.inputs({ it: given })
  const reader = new InputReader()
  const value = METHODS[method](reader)
  try {
    reader.finish(new RecordedLog())
    return [value]
  } catch (error) {
    return [value, (error as Error).message]
  }
}

it.each<[keyof typeof METHODS, string | undefined, unknown]>([
  ['text', '  a b\n', 'a b'],
  ['text', '\u200ba\ufeff', 'a'],
  ['text', undefined, ''],
  ['words', '\u200ba\u200bb\r\nc\u{e0100}d ', 'a b  c d'],
  ['required', 'x', 'x'],
  ['secret', ' \u200b12345678\ufeff ', '12345678'],
  ['secret', '', ''],
  ['choice', 'AUTO', 'auto'],
  ['choice', 'false', 'false'],
  ['choice', '', 'auto'],
  ['flag on', '', true],
  ['flag on', 'False', false],
  ['flag off', '', false],
  ['flag off', 'TRUE', true],
  ['seconds', '5', 5],
  ['seconds', '3600', 3600],
  ['seconds', '0300', 300],
  ['seconds', '', 60]
])('InputReader.%s of %j is %j', (method, given, value) => {
  expect(read(method, given)).toEqual([value])
})

const IF_EMPTY =
  'it is required, but empty. Write it. If it comes from `vars` or `secrets`, check that it exists in this repository or environment; runs from forks and Dependabot get no secrets.'

it.each<[keyof typeof METHODS, string, problem: string]>([
  ['text', 'hush\nhush', 'the value contains a control character, such as a line break: U+000A'],
  ['text', 'hush\u0085hush', 'the value contains a control character, such as a line break: U+0085'],
  ['text', 'hush\u200bhush', 'the value contains an invisible character: U+200B after the 4th character.'],
  ['words', 'hu\u200bsh\u0007hush', 'the value contains a control character, such as a line break: U+0007'],
  ['required', ' \u200b', IF_EMPTY],
  ['required', 'hush\nhush', 'the value contains a control character'],
  ['secret', 'hush123', 'the value is shorter than 8 characters'],
  ['secret', 'hush123\n5678', 'the value contains a control character'],
  ['secret', '"hush1234"', 'the value is wrapped in quotes'],
  ['choice', 'Yes', '"yes" is not valid. Write `auto` or `true` or `false`.'],
  ['flag on', '1', '"1" is not valid. Write `true` or `false`.'],
  ['flag off', '1', '"1" is not valid. Write `false` or `true`.']
])('InputReader.%s of %j is refused: %s', (method, given, problem) => {
  const [value, message] = read(method, given)
  expect(message).toContain(`Invalid input \`it\`: ${problem}`)
  expect(message).not.toContain('hush')
  if (method === 'text') expect(value).toBe('')
})

it('InputReader.seconds refuses any other number', () => {
  for (const given of ['4', '3601', '1e2', '-5', '5.0', '0x10', 'five', '9'.repeat(400), '٥٥'])
    expect(read('seconds', given)[1]).toMatch(/`it`: ".+" is not a whole number of seconds from 5 to 3600\.$/)
})

it('InputReader.secret can be a part of the input', () => {
  const reader = new InputReader()
  expect(reader.secret('it', 'a-secret').reveal()).toBe('a-secret')
  reader.secret('it', 'short')
  expect(() => reader.finish(new RecordedLog())).toThrow('Invalid input `it`: the value is shorter')
})
