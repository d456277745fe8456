import { getInput } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/proxy.ts'
import { SECRET_INPUTS, type SecretInput } from './credentials.ts'
import { adminEmail, insideQuotes, isMaskable } from './input-reader.ts'

/**
 * Masks the given secret inputs, the Basic headers made of them, and the passwords of proxies. This comes before
 * everything else that a step does, and before the inputs are known to be valid.
 *
 * @param names all secret inputs, or in post only those of the credential in the state
 * @param client for the Basic header of a client: its id, and how its secret is sent
 */
export function maskInputs(
  log: Log,
  names: readonly SecretInput[] = SECRET_INPUTS,
  client = { id: getInput('client-id'), authMethod: getInput('token-endpoint-auth-method').toLowerCase() }
): void {
  const given = new Map(names.map((name) => [name, getInput(name)] as const))
  for (const value of given.values()) {
    if (isMaskable(value)) log.mask(value)
    // A secret that was saved with quotes is refused, but must not be shown without them either.
    const inside = insideQuotes(value) ?? ''
    if (isMaskable(inside)) log.mask(inside)
  }

  const apiToken = given.get('api-token') ?? ''
  const email = adminEmail(getInput('email'))
  if (email !== '' && isMaskable(apiToken)) log.mask(apiTokenBasic(email, apiToken))

  const clientSecret = given.get('client-secret') ?? ''
  if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret)) {
    log.mask(clientBasic(client.id, clientSecret))
  }
  for (const password of proxyPasswords(process.env)) log.mask(password)
}
