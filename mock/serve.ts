/*
 * Runs the in-memory Zendesk on a free port of this machine until it is stopped.
 *
 *   npm run mock
 */
import { startZendesk } from './zendesk.ts'

const zendesk = await startZendesk()
const { email, apiToken, accessToken } = zendesk.credentials

console.log(`An in-memory Zendesk runs at ${zendesk.url} until you press Ctrl-C. Only this machine can reach it.

A workflow that runs on this machine (act --platform ubuntu-latest=-self-hosted) uses it with this input of the action,

  base-url: ${zendesk.url}

and with the account and the credential of one of these blocks:

  subdomain: acme
  client-id: ci_bot
  client-secret: ${zendesk.client('ci_bot').secret ?? ''}

  subdomain: acme
  client-id: ci_bot
  email: ${email}
  api-token: ${apiToken}

  subdomain: acme
  client-id: ci_bot
  access-token: ${accessToken}
`)

let parentWatch: NodeJS.Timeout | undefined

/** Ends the process, also if it is asked to twice: a terminal signals it, and npm does. */
function stop(): void {
  clearInterval(parentWatch)
  void zendesk.close()
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

// npm passes a signal that it gets alone to its shell. Some shells, as Debian's, end by it and do not pass it on.
if (process.env['npm_lifecycle_event'] !== undefined) {
  const parent = process.ppid
  parentWatch = setInterval(() => {
    if (process.ppid !== parent) stop()
  }, 100)
}
