import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstLine } from '../../scripts/dist-inputs.ts'

/*
 * Imported by what runs dist/: a suite fails at once, and not in each of its tests, if dist/ is missing or stale.
 */

const root = join(import.meta.dirname, '../..')
const bundle = join(root, 'dist/index.cjs')
if (!existsSync(bundle) || !readFileSync(bundle, 'utf8').startsWith(firstLine(root)))
  throw new Error('dist/ is not what src/ gives: run `npm run build`')
