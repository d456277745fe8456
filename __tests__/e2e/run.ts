/*
 * Runs this action under a runner that this project did not write: `act`, on this machine itself, without containers
 * and without the network. Workflows of this folder come first, then every example that can run.
 *
 *   ACT_BIN=/path/to/act node __tests__/e2e/run.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Act, findAct } from './act.ts'
import { makeCertificates } from './certificates.ts'
import { playExamples } from './examples.ts'
import { Report } from './report.ts'
import { playScenes } from './scenes.ts'

process.exitCode = await endToEnd()

async function endToEnd(): Promise<number> {
  const binary = findAct()
  if (binary === undefined) {
    console.log('skipped: act is not installed')
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'create-zendesk-token-e2e-'))
  const report = new Report()
  try {
    const act = new Act(binary, folder)
    await playScenes(act, report, folder)
    await playExamples(act, report, makeCertificates(folder), folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(report.summary())
  return report.failed === 0 ? 0 : 1
}
