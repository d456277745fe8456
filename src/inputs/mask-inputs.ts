import { getInput } from '@actions/core'
import { replaceInvisible } from '../lib/invisible.ts'
import { type Log } from '../lib/log.ts'
import { apiTokenBasic, clientBasic } from '../zendesk/credential.ts'
import { proxyPasswords } from '../zendesk/http/proxy.ts'
import { authorizationResponse, percentDecoded } from './authorization-response.ts'
import { adminEmail, isClientIdSecret, SECRET_INPUTS } from './credentials.ts'
import { given } from './input-reader.ts'
import { bareSecret, isMaskable } from './mistakes.ts'

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
  client = { clientId: given('client-id'), authMethod: given('token-endpoint-auth-method').toLowerCase() }
): void {
  const masks = new Set(names.flatMap(formsOf))
  const clientId = given('client-id')
  if (isClientIdSecret()) masks.add(clientId).add(replaceInvisible(clientId, () => ''))
  for (const mask of masks) if (isMaskable(mask)) log.mask(mask)

  const valueOf = (input: string): string => (names.includes(input) ? given(input) : '')
  const [email, apiToken] = [adminEmail(given('email')), valueOf('api-token')]
  if (email !== '' && isMaskable(apiToken)) log.mask(apiTokenBasic(email, apiToken))
  const clientSecret = valueOf('client-secret')
  if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret))
    log.mask(clientBasic(client.clientId, clientSecret))
  for (const password of proxyPasswords(process.env)) log.mask(password)
}

/** All that is masked of an input: what is sent, and a value that is refused with and without what it is refused for. */
function formsOf(input: string): string[] {
  const value = given(input)
  const values = input === 'authorization-code' ? codesIn(value) : [getInput(input), value]
  return values.flatMap((each) => [each, replaceInvisible(each, () => ''), bareSecret(each)])
}

/** An authorization code as it is sent and as it may be shown, also of a value that is refused for what is around it. */
function codesIn(value: string): string[] {
  const { code, rawCode } = authorizationResponse(bareSecret(value))
  return [rawCode, code, percentDecoded(code)]
}
