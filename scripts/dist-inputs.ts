/*
 * dist/index.cjs begins with a hash of what it was built from, so that tests which run dist/ can tell at once whether
 * it is that of src/, without a build.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The first line of `dist/index.cjs`, as these files of a checkout give it. */
export function firstLine(root: string): string {
  const hash = createHash('sha256')
  for (const name of inputs(root)) {
    const text = readFileSync(join(root, name), 'utf8').replaceAll('\r\n', '\n')
    hash.update(`${name}\0${text.length}\0${text}`)
  }
  hash.update(JSON.stringify(bundledPackages(root)))
  return `// SHA-256 of src/, stubs/ and the packages: ${hash.digest('hex')}\n`
}

function inputs(root: string): string[] {
  const folders = ['src', 'stubs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        join(parentPath, name)
          .slice(root.length + 1)
          .replaceAll('\\', '/')
      )
  )
  return [...folders, 'tsconfig.json'].toSorted()
}

/** Name, version and integrity of each package that is no tool. */
function bundledPackages(root: string): unknown[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; version: string; integrity?: string }>
  }
  return Object.entries(packages)
    .filter(([name, { dev }]) => name !== '' && dev !== true)
    .map(([name, { version, integrity }]) => [name, version, integrity])
    .toSorted()
}
