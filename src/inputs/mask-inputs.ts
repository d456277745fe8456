import { getInput } from '@actions/core'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/proxy.ts'
import { adminEmail, isMaskable } from './input-reader.ts'
import { type Log } from '../runner/log.ts'

/** The inputs that are secret. */
export const SECRET_INPUTS = [
  'api-token',
  'access-token',
  'client-secret',
  'authorization-code',
  'code-verifier',
  'refresh-token'
] as const

export type SecretInput = (typeof SECRET_INPUTS)[number]

/**
 * Masks the given secret inputs, the Basic headers made of them, and the passwords of proxies. This comes before
 * everything else that a step does, and before the inputs are known to be right.
 *
 * @param names all secret inputs, or in the post step only those of the credential that it was told to use
 * @param client for the Basic header of a client: its id, and how its secret travels
 */
export function maskSecrets(
  log: Log,
  names: readonly SecretInput[] = SECRET_INPUTS,
  client = { id: getInput('client-id'), authMethod: getInput('token-endpoint-auth-method').toLowerCase() }
): void {
  const given = new Map(names.map((name) => [name, getInput(name)] as const))
  for (const secret of given.values()) if (isMaskable(secret)) log.mask(secret)

  const apiToken = given.get('api-token') ?? ''
  const email = adminEmail(getInput('email'))
  if (email !== '' && isMaskable(apiToken)) log.mask(apiTokenBasic(email, apiToken))

  const clientSecret = given.get('client-secret') ?? ''
  if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret)) {
    log.mask(clientBasic(client.id, clientSecret))
  }
  proxyPasswords(process.env).forEach(log.mask)
}
