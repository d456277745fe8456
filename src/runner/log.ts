import * as core from '@actions/core'
import { oneLine, remember } from '../lib/redact.ts'
import { type Notes } from '../zendesk/client.ts'

/** Everything that is said to the log of the job. Each message becomes one safe line. */
export interface Log extends Notes {
  error: (text: string) => void
  /** Makes a secret unprintable, for the runner and for this process. */
  mask: (secret: string) => void
}

export const log: Log = {
  debug(text) {
    core.debug(oneLine(text))
  },
  info(text) {
    core.info(oneLine(text))
  },
  warning(text) {
    core.warning(oneLine(text))
  },
  error(text) {
    core.error(oneLine(text))
  },
  mask(secret) {
    core.setSecret(secret)
    remember(secret)
  }
}
