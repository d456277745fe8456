import { type IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, it } from '@jest/globals'
import { readBody } from '../../../src/zendesk/body.ts'
import { rejectionOf } from '../clock.ts'

/*
 * What a real connection does to a body is in `connection.test.ts` and `connection-failures.test.ts`.
 */

it.each<[string, (stream: PassThrough) => void]>([
  ['ends before the message is complete', (stream) => stream.end('{"a":1}')],
  ['closes without an error', (stream) => stream.destroy()]
])('readBody fails as broken off if the stream %s', async (_what, finish) => {
  const stream = Object.assign(new PassThrough(), { complete: false })
  const error = rejectionOf(readBody(stream as unknown as IncomingMessage))
  finish(stream)
  expect(await error).toMatchObject({ kind: 'brokenOff' })
})
