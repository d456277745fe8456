import { type IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { IncompleteBody, readBody } from '../../../src/zendesk/body.ts'
import { rejectionOf } from '../clock.ts'

const MIB = 1024 * 1024

function message(complete: boolean): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { complete }) as unknown as PassThrough & IncomingMessage
}

describe('readBody', () => {
  it('returns the whole text, even if each byte comes alone', async () => {
    const stream = message(true)
    const reading = readBody(stream)
    const bytes = Buffer.from('{"a":"ü"}')
    for (const byte of bytes) stream.write(Buffer.from([byte]))
    stream.end()
    expect(await reading).toBe('{"a":"ü"}')
  })

  it('returns an empty text for an empty body', async () => {
    const stream = message(true)
    stream.end()
    expect(await readBody(stream)).toBe('')
  })

  it('throws if the stream ends before the message is complete', async () => {
    const stream = message(false)
    const reading = rejectionOf(readBody(stream))
    stream.end('{"a":1}')
    expect(await reading).toMatchObject({ kind: 'brokenOff' })
  })

  it.each([
    ['an error', new Error('read ECONNRESET')],
    ['a close without an error', undefined]
  ])('throws after %s', async (_what, error) => {
    const stream = message(false)
    const reading = rejectionOf(readBody(stream))
    stream.write('{"a":')
    stream.destroy(error)
    expect(await reading).toBeInstanceOf(IncompleteBody)
  })

  it('reads 1 MiB, and closes the connection at the next byte', async () => {
    const fits = message(false)
    fits.on('end', () => (fits.complete = true))
    const whole = readBody(fits)
    fits.end('x'.repeat(MIB))
    expect(await whole).toHaveLength(MIB)

    const stream = message(true)
    const reading = rejectionOf(readBody(stream))
    stream.write('x'.repeat(MIB))
    stream.write('x')
    expect(await reading).toMatchObject({ kind: 'tooLarge' })
    expect(stream.destroyed).toBe(true)
  })
})
