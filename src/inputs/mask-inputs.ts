import { getInput } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/proxy.ts'
import { adminEmail, SECRET_INPUTS, type SecretInput } from './credentials.ts'
import { insideQuotes, isMaskable } from './input-reader.ts'

/**
 * Masks the given secret inputs, the Basic headers made of them, and the passwords of proxies. This comes before
 * everything else that a step does, and before the inputs are known to be valid.
 *
 * @param names all secret inputs, or in post only that of the credential in the state
 * @param client for the Basic header of a client: its id, and how its secret is sent
 */
export function maskInputs(
  log: Log,
  names: readonly SecretInput[] = SECRET_INPUTS,
  client = {
    clientId: getInput('client-id'),
    authMethod: getInput('token-endpoint-auth-method').toLowerCase()
  }
): void {
  const email = adminEmail(getInput('email'))
  for (const name of names) {
    const value = getInput(name)
    // A secret that was saved with quotes is refused, but must not be shown without them either.
    for (const secret of [value, insideQuotes(value) ?? '']) if (isMaskable(secret)) log.mask(secret)
    if (!isMaskable(value)) continue
    if (name === 'api-token' && email !== '') log.mask(apiTokenBasic(email, value))
    if (name === 'client-secret' && client.authMethod === 'client_secret_basic')
      log.mask(clientBasic(client.clientId, value))
  }
  for (const password of proxyPasswords(process.env)) log.mask(password)
}
