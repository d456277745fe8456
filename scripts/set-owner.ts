/*
 * Replaces the placeholders for the repository's owner and for the contact of the code of conduct.
 *
 *   npm run set-owner -- ACCOUNT CONTACT
 *
 * ACCOUNT is the GitHub account that owns the repository, CONTACT an e-mail address or an https URL.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const OWNER = '<owner>'
export const CONTACT = '<contact>'

/** What a reader sees. Tests keep the placeholder. */
const PLACES = ['.github', 'docs', 'examples', 'package.json']
const TEXT_FILE = /(?:\.(?:md|ya?ml|json)|CODEOWNERS)$/

/** The files that may name the owner, relative to the repository's root. */
export function filesWithOwner(root: string): string[] {
  const documents = readdirSync(root).filter((name) => name.endsWith('.md'))
  return [...documents, ...PLACES]
    .flatMap((place) =>
      statSync(join(root, place)).isDirectory()
        ? readdirSync(join(root, place), { recursive: true, encoding: 'utf8' }).map((name) =>
            join(place, name)
          )
        : [place]
    )
    .filter((file) => TEXT_FILE.test(file))
}

/** The files in which `setOwner` has something to replace. */
export function filesWithPlaceholder(root: string): string[] {
  return filesWithOwner(root).filter((file) => {
    const content = readFileSync(join(root, file), 'utf8')
    return content.includes(OWNER) || content.includes(CONTACT)
  })
}

/** @returns the files that changed */
export function setOwner(root: string, account: string, contact: string): string[] {
  if (!/^[a-z\d]+(?:-[a-z\d]+)*$/i.test(account)) throw new Error(`not a GitHub account: ${account}`)
  if (!/^(?:https:\/\/\S+|[^\s@<>]+@[^\s@<>]+)$/.test(contact)) {
    throw new Error(`not an e-mail address or an https URL: ${contact}`)
  }
  const files = filesWithPlaceholder(root)
  for (const file of files) {
    const content = readFileSync(join(root, file), 'utf8')
    writeFileSync(join(root, file), content.replaceAll(OWNER, account).replaceAll(CONTACT, contact))
  }
  return files
}

if (process.argv[1] === import.meta.filename) {
  const [account, contact] = process.argv.slice(2)
  try {
    if (account === undefined || contact === undefined) {
      throw new Error('usage: npm run set-owner -- ACCOUNT CONTACT')
    }
    const changed = setOwner(process.cwd(), account, contact)
    console.log(changed.length > 0 ? changed.join('\n') : 'Nothing to replace: the owner is set.')
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
