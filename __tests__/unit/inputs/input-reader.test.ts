import { describe, expect, it } from '@jest/globals'
import { adminEmail, InputReader, InputError, isMaskable } from '../../../src/inputs/input-reader.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

/** What a form says of one input, read by `read`. */
function problem(value: string | undefined, read: (form: InputReader) => unknown): string | undefined {
  runner.inputs({ it: value })
  const form = new InputReader()
  read(form)
  try {
    form.finish(0)
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return (error as Error).message
  }
}

function value<Value>(given: string | undefined, read: (form: InputReader) => Value): Value {
  expect(problem(given, read)).toBeUndefined()
  return read(new InputReader())
}

describe('isMaskable', () => {
  it('wants eight characters, and no control character', () => {
    expect(['1234567', '12345678', '1234\n5678', '1234\u00855678', '', 'ünüqünüq'].map(isMaskable)).toEqual([
      false,
      true,
      false,
      false,
      false,
      true
    ])
  })
})

describe('adminEmail', () => {
  it('loses the ending that is no part of it', () => {
    expect(['ada@acme.example/token', 'ada@acme.example', '/token'].map(adminEmail)).toEqual([
      'ada@acme.example',
      'ada@acme.example',
      ''
    ])
  })
})

describe('a form', () => {
  it('gives the value back where nothing is wrong', () => {
    expect(new InputReader().finish('value')).toBe('value')
  })

  it('tells one problem as it is', () => {
    const form = new InputReader()
    form.problem('scopes', 'they are wrong: write others')
    expect(() => form.finish(0)).toThrow('An input needs a correction: scopes: they are wrong: write others.')
  })

  it('numbers several problems', () => {
    const form = new InputReader()
    form.problem('scopes', 'one')
    form.problem('email', 'two')
    expect(() => form.finish(0)).toThrow('The inputs need 2 corrections: (1) scopes: one; (2) email: two.')
  })
})

describe('a text', () => {
  const read = (form: InputReader): string => form.text('it')

  it('is trimmed, and empty where there is none', () => {
    expect(value('  a b\n', read)).toBe('a b')
    expect(value(undefined, read)).toBe('')
  })

  it.each(['a\nb', 'a\tb', 'a\0b', 'a\u007fb', 'a\u0085b'])(
    'has no control character inside it: %j',
    (given) => {
      expect(problem(given, read)).toMatch(/^An input needs a correction: it: there is a control character/)
      expect(read(new InputReader())).toBe('')
    }
  )

  it('is not quoted where it has a control character', () => {
    expect(problem('hush\nhush', read)).not.toMatch('hush')
  })
})

describe('a required text', () => {
  const read = (form: InputReader): string => form.required('it', 'write it')

  it('has to be there', () => {
    expect(problem(' ', read)).toBe('An input needs a correction: it: it is required, but empty: write it.')
    expect(value('x', read)).toBe('x')
  })

  it('is wrong once where it has a control character', () => {
    expect(problem('a\nb', read)).toMatch(/^An input needs a correction: it: there is a control character/)
  })
})

describe('a secret', () => {
  const read = (form: InputReader): string | undefined => form.secret('it')?.reveal()

  it('is there or not', () => {
    expect(value(' 12345678 ', read)).toBe('12345678')
    expect(value('', read)).toBeUndefined()
  })

  it('is not shorter than eight characters, and a short one is not quoted', () => {
    expect(problem('123zzz7', read)).toMatch(/it: it is shorter than 8 characters/)
    expect(problem('123zzz7', read)).not.toMatch('123zzz7')
  })

  it('has no control character', () => {
    expect(problem('1234\n5678', read)).toMatch(
      /^An input needs a correction: it: there is a control character/
    )
  })
})

describe('a choice', () => {
  const read = (form: InputReader): string => form.choice('it', ['auto', 'true', 'false'])

  it('is one of its values in any case of its letters, and the first where it is empty', () => {
    expect(['AUTO', 'True', 'false', ''].map((given) => value(given, read))).toEqual([
      'auto',
      'true',
      'false',
      'auto'
    ])
  })

  it('is nothing else', () => {
    expect(problem('Yes', read)).toBe(
      'An input needs a correction: it: "yes" is not allowed here: write auto or true or false.'
    )
  })
})

describe('a flag', () => {
  it.each([true, false])('that is %p where it is empty', (ifEmpty) => {
    const read = (form: InputReader): boolean => form.flag('it', ifEmpty)
    expect(['', 'TRUE', 'False'].map((given) => value(given, read))).toEqual([ifEmpty, true, false])
    expect(problem('1', read)).toMatch(/it: "1" is not allowed here: write (true or false|false or true)\.$/)
  })
})

describe('an integer', () => {
  const read = (form: InputReader): number | undefined => form.integer('it', 5, 3600, 'time in seconds')

  it('is from the least to the most', () => {
    expect(['5', '3600', '0300', ''].map((given) => value(given, read))).toEqual([5, 3600, 300, undefined])
  })

  it.each(['4', '3601', '1e2', '-5', '5.0', '0x10', 'five', '9'.repeat(400), '٥٥'])('is not %s', (given) => {
    expect(problem(given, read)).toMatch(
      /^An input needs a correction: it: ".+" is not a whole number from 5 to 3600: write the time in seconds in digits\.$/
    )
    expect(read(new InputReader())).toBeUndefined()
  })
})
