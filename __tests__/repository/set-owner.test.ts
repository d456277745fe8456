import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { CONTACT, filesWithOwner, OWNER, setOwner } from '../../scripts/set-owner.ts'
import { scratch } from '../support/scratch.ts'
import { all, read, root, write } from './files.ts'

/** Whose `create-zendesk-token` the files name. */
function owners(folder: string): string[] {
  const texts = filesWithOwner(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  return [...new Set(all(texts.join('\n'), /([^\s/"'`(@]+)\/create-zendesk-token\b/g))]
}

/** The files that contain a placeholder. */
function placeholders(folder: string): string[] {
  const hasOne = (file: string): boolean => /<owner>|<contact>/.test(readFileSync(join(folder, file), 'utf8'))
  return filesWithOwner(folder).filter(hasOne)
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
    copy = scratch('copy')
    const [owner = ''] = owners(root)
    for (const file of filesWithOwner(root)) {
      // The state before the command, also after the owner ran it.
      write(join(copy, file), read(file).replaceAll(`${owner}/`, `${OWNER}/`))
    }
    mkdirSync(join(copy, 'node_modules'))
    write(join(copy, 'docs/contact.md'), `Write to ${CONTACT} or @${OWNER}.`)
  })

  it('leaves no placeholder, and changes nothing the second time', () => {
    const before = placeholders(copy)
    expect(before).toEqual(expect.arrayContaining(['README.md', 'RELEASE.md', 'SECURITY.md', 'package.json']))
    expect(setOwner(copy, 'acme-inc', 'conduct@acme.example')).toEqual(before)
    expect(placeholders(copy)).toEqual([])
    expect(setOwner(copy, 'other', 'https://other.example/')).toEqual([])
    expect(owners(copy)).toEqual(['acme-inc'])
    const contact = readFileSync(join(copy, 'docs/contact.md'), 'utf8')
    expect(contact).toBe('Write to conduct@acme.example or @acme-inc.')
  })

  it.each([
    ['<owner>', 'https://acme.example/', 'not a GitHub account: <owner>'],
    ['acme/x', 'conduct@acme.example', 'not a GitHub account: acme/x'],
    ['acme', 'nobody', 'not an e-mail address or an https URL: nobody']
  ])('refuses %s with %s', (account, contact, message) => {
    const before = placeholders(copy)
    expect(() => setOwner(copy, account, contact)).toThrow(message)
    expect(placeholders(copy)).toEqual(before)
  })
})
