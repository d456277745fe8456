import * as core from '@actions/core'
import { type Log } from '../lib/log.ts'
import { addSecret, oneLine, SHORTEST_SECRET } from '../lib/redact.ts'

/** The log of the job. */
export const runnerLog: Log = {
  debug: (text) => core.debug(oneLine(text)),
  info: (text) => core.info(oneLine(text)),
  warning: (text) => core.warning(oneLine(text)),
  error: (text) => core.error(oneLine(text)),
  mask(secret) {
    // `::add-mask::1` would ruin every log and output of the job.
    if (secret.length < SHORTEST_SECRET) return
    core.setSecret(secret)
    addSecret(secret)
  }
}
