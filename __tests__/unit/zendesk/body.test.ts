import { type IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { IncompleteBody, readBody } from '../../../src/zendesk/body.ts'
import { thrownBy } from '../clock.ts'

const MIB = 1024 * 1024

function message(complete: boolean): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { complete }) as unknown as PassThrough & IncomingMessage
}

describe('readBody', () => {
  it('gives the whole text, whatever pieces it came in', async () => {
    const stream = message(true)
    const reading = readBody(stream)
    const bytes = Buffer.from('{"a":"ü"}')
    for (const byte of bytes) stream.write(Buffer.from([byte]))
    stream.end()
    expect(await reading).toBe('{"a":"ü"}')
  })

  it('gives nothing where there is nothing', async () => {
    const stream = message(true)
    stream.end()
    expect(await readBody(stream)).toBe('')
  })

  it('takes an end for none where the message is not complete', async () => {
    const stream = message(false)
    const reading = thrownBy(readBody(stream))
    stream.end('{"a":1}')
    expect(await reading).toMatchObject({ reason: 'broken off', message: 'the reply was broken off' })
  })

  it.each([
    ['an error', new Error('read ECONNRESET')],
    ['a close without a word', undefined]
  ])('settles after %s', async (_what, error) => {
    const stream = message(false)
    const reading = thrownBy(readBody(stream))
    stream.write('{"a":')
    stream.destroy(error)
    expect(await reading).toBeInstanceOf(IncompleteBody)
  })

  it('reads 1 MiB, and closes the connection at the byte after it', async () => {
    const fits = message(true)
    const whole = readBody(fits)
    fits.end('x'.repeat(MIB))
    expect(await whole).toHaveLength(MIB)

    const stream = message(true)
    const reading = thrownBy(readBody(stream))
    stream.write('x'.repeat(MIB))
    stream.write('x')
    expect(await reading).toMatchObject({ reason: 'too large' })
    expect(stream.destroyed).toBe(true)
  })
})
