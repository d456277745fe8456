import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'create-zendesk-token-'))
let files = 0

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** A path that no other test has, for a file or a folder that is removed after the tests of the file. */
export function scratch(name = 'file'): string {
  return join(folder, `${name}-${++files}`)
}
