import { getInput } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/proxy.ts'
import { adminEmail, SECRET_INPUTS } from './credentials.ts'
import { insideQuotes, isMaskable } from './input-reader.ts'

/**
 * Masks every secret input, the Basic headers made of these, and the passwords of proxies. This comes before everything
 * else that a step does, and before the inputs are known to be valid.
 */
export function maskInputs(log: Log): void {
  for (const value of SECRET_INPUTS.map((name) => getInput(name))) {
    // A secret that was saved with quotes is refused, but must not be shown without them either.
    for (const secret of [value, insideQuotes(value) ?? '']) if (isMaskable(secret)) log.mask(secret)
  }
  const [apiToken, email] = [getInput('api-token'), adminEmail(getInput('email'))]
  if (email !== '' && isMaskable(apiToken)) log.mask(apiTokenBasic(email, apiToken))

  const clientSecret = getInput('client-secret')
  const isBasic = getInput('token-endpoint-auth-method').toLowerCase() === 'client_secret_basic'
  if (isBasic && isMaskable(clientSecret)) log.mask(clientBasic(getInput('client-id'), clientSecret))
  for (const password of proxyPasswords(process.env)) log.mask(password)
}
