import { getInput } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/http/proxy.ts'
import { adminEmail, SECRET_INPUTS } from './credentials.ts'
import { insideQuotes, isMaskable } from './input-reader.ts'

/**
 * Masks secret inputs, the Basic headers made of these, and the passwords of proxies. This comes before everything else
 * that a step does, and before the inputs are known to be valid.
 *
 * @param names every secret input, or in post those of the credential in the state
 * @param client for the Basic header of a client, in post that of the state
 */
export function maskInputs(
  log: Log,
  names: readonly string[] = SECRET_INPUTS,
  client = {
    clientId: getInput('client-id'),
    authMethod: getInput('token-endpoint-auth-method').toLowerCase()
  }
): void {
  const given = new Map(names.map((name) => [name, getInput(name)]))
  for (const value of given.values()) {
    // A secret that was saved with quotes is refused, but must not be shown without them either.
    for (const secret of [value, insideQuotes(value) ?? '']) if (isMaskable(secret)) log.mask(secret)
  }
  const [email, apiToken = ''] = [adminEmail(getInput('email')), given.get('api-token')]
  if (email !== '' && isMaskable(apiToken)) log.mask(apiTokenBasic(email, apiToken))
  const clientSecret = given.get('client-secret') ?? ''
  if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret))
    log.mask(clientBasic(client.clientId, clientSecret))
  for (const password of proxyPasswords(process.env)) log.mask(password)
}
