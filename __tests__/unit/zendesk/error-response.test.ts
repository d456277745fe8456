import { describe, expect, it } from '@jest/globals'
import { errorCode, list, object, text, wordsOf } from '../../../src/zendesk/error-response.ts'

const OTHERS = [undefined, null, true, 0, 1.5, 'text', ['a']]

describe('object, list and text', () => {
  it('give an object, a list and a text as they are', () => {
    const given = { a: 1 }
    const many = [1, 'b']
    expect([object(given), list(many), text('x')]).toEqual([given, many, 'x'])
    expect(object(given)).toBe(given)
    expect(list(many)).toBe(many)
  })

  it.each(OTHERS)('take %j for no object', (value) => {
    expect(object(value)).toEqual({})
  })

  it.each([undefined, null, true, 1, 'text', { 0: 'a', length: 1 }])('take %j for no list', (value) => {
    expect(list(value)).toEqual([])
  })

  it.each([undefined, null, true, 1, '', ['a'], {}])('take %j for no text', (value) => {
    expect(text(value)).toBeUndefined()
  })
})

describe('errorCode', () => {
  it('is the error of an OAuth reply', () => {
    expect(errorCode({ error: 'invalid_grant', error_description: 'x' })).toBe('invalid_grant')
  })

  it.each([undefined, null, 'invalid_grant', [], {}, { error: {} }, { error: '' }])(
    'is none in %j',
    (json) => {
      expect(errorCode(json)).toBeUndefined()
    }
  )
})

describe('wordsOf', () => {
  it.each([
    [{ error: "Couldn't authenticate you" }, "Couldn't authenticate you"],
    [{ error: 'invalid_grant', error_description: 'It is used.' }, 'invalid_grant: It is used.'],
    [{ error: 'RecordNotFound', description: 'Not found' }, 'RecordNotFound: Not found'],
    [
      { error: { title: 'Forbidden', message: 'You do not have access' } },
      'Forbidden: You do not have access'
    ],
    [{ errors: [{ code: 'C1', title: 'Bad', detail: 'Too bad' }, { title: 'Second' }] }, 'Bad: Too bad'],
    [{ errors: [{ code: 'C1', detail: 'Too bad' }] }, 'C1: Too bad'],
    [
      {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { client: [{ description: 'Client: is unknown', error: 'InvalidValue' }] }
      },
      'RecordInvalid: Record validation errors: Client: is unknown'
    ],
    [{ message: 'Only words' }, 'Only words'],
    [{ description: 'Only a description' }, 'Only a description'],
    [{ error: 'Same', description: 'Same' }, 'Same'],
    [{ error: { title: 'T' }, error_description: 'D' }, 'T: D']
  ])('finds the words in %j', (json, words) => {
    expect(wordsOf(json)).toBe(words)
  })

  it.each([
    undefined,
    null,
    17,
    'a text',
    [],
    {},
    { error: 5, description: null, message: ['x'], errors: {}, details: [] },
    { errors: [] },
    { errors: ['text'] },
    { error: '', description: '' },
    { details: {} },
    { details: { field: 'text' } },
    { error: '<br>' }
  ])('finds none in %j', (json) => {
    expect(wordsOf(json)).toBeUndefined()
  })

  it('cleans them', () => {
    expect(wordsOf({ error: '<b>No</b>\n::error::x ##[y]\u0000', description: 'z'.repeat(300) })).toBe(
      `No : :error: :x ## [y]: ${'z'.repeat(300)}`.slice(0, 199) + '…'
    )
  })
})
