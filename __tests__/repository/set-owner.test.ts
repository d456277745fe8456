import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { CONTACT, filesWithOwner, OWNER, setOwner } from '../../scripts/set-owner.ts'

const root = join(import.meta.dirname, '../..')

/** Whose `create-zendesk-token` the files name. */
function owners(folder: string): string[] {
  const all = filesWithOwner(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    return [...text.matchAll(/([^\s/"'`(@]+)\/create-zendesk-token\b/g)].map(([, owner]) => owner!)
  })
  return [...new Set(all)]
}

/** The files that contain a placeholder. */
function placeholders(folder: string): string[] {
  return filesWithOwner(folder).filter((file) =>
    /<owner>|<contact>/.test(readFileSync(join(folder, file), 'utf8'))
  )
}

describe('the repository', () => {
  it('names one owner: the placeholder everywhere, or an account and no placeholder', () => {
    expect(owners(root)).toEqual([expect.stringMatching(/^(?:<owner>|[a-z\d]+(?:-[a-z\d]+)*)$/i)])
    if (owners(root)[0] !== OWNER) expect(placeholders(root)).toEqual([])
  })
})

describe('set-owner', () => {
  let copy: string

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'owner-'))
    const [owner = ''] = owners(root)
    for (const file of filesWithOwner(root)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      cpSync(join(root, file), join(copy, file))
      // The state before the command, also after the owner ran it.
      const text = readFileSync(join(copy, file), 'utf8')
      writeFileSync(join(copy, file), text.replaceAll(`${owner}/`, `${OWNER}/`))
    }
    mkdirSync(join(copy, 'node_modules'))
    writeFileSync(join(copy, 'docs/contact.md'), `Write to ${CONTACT} or @${OWNER}.`)
  })

  afterEach(() => {
    rmSync(copy, { recursive: true })
  })

  it('leaves no placeholder', () => {
    const before = placeholders(copy)
    expect(before).toEqual(
      expect.arrayContaining(['README.md', 'RELEASE.md', 'SECURITY.md', 'package.json'].map((n) => join(n)))
    )
    expect(setOwner(copy, 'acme-inc', 'conduct@acme.example')).toEqual(before)
    expect(placeholders(copy)).toEqual([])
    expect(owners(copy)).toEqual(['acme-inc'])
    expect(readFileSync(join(copy, 'docs/contact.md'), 'utf8')).toBe(
      'Write to conduct@acme.example or @acme-inc.'
    )
  })

  it('changes nothing the second time', () => {
    setOwner(copy, 'acme', 'https://acme.example/conduct')
    expect(setOwner(copy, 'other', 'https://other.example/')).toEqual([])
    expect(owners(copy)).toEqual(['acme'])
  })

  it.each([
    ['<owner>', 'conduct@acme.example', 'not a GitHub account: <owner>'],
    ['acme/x', 'conduct@acme.example', 'not a GitHub account: acme/x'],
    ['acme', 'nobody', 'not an e-mail address or an https URL: nobody']
  ])('refuses %s with %s', (account, contact, message) => {
    const before = placeholders(copy)
    expect(() => setOwner(copy, account, contact)).toThrow(message)
    expect(placeholders(copy)).toEqual(before)
  })
})
