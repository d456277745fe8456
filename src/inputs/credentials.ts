import { clean } from '../lib/redact.ts'
import { type Secret } from '../lib/secret.ts'
import {
  AUTH_METHODS,
  isAdmin,
  type AuthMethod,
  type Credential,
  type CredentialKind
} from '../zendesk/credential.ts'
import { authorizationResponse } from './authorization-response.ts'
import { given, IF_FROM_SECRET, InputReader, isSet } from './input-reader.ts'
import { isWrapped, looksLikeSecret, textMistake } from './mistakes.ts'

/** The inputs of each kind of credential: which one chooses it, which are secret, and whether post may use it again. */
export const CREDENTIAL_INPUTS = {
  api_token: { chosenBy: 'api-token', secret: ['api-token'], usedByPost: true },
  access_token: { chosenBy: 'access-token', secret: ['access-token'], usedByPost: true },
  client_credentials: { chosenBy: 'client-secret', secret: ['client-secret'], usedByPost: true },
  authorization_code: {
    chosenBy: 'authorization-code',
    secret: ['authorization-code', 'code-verifier', 'client-secret'],
    usedByPost: false
  },
  refresh_token: { chosenBy: 'refresh-token', secret: ['refresh-token', 'client-secret'], usedByPost: false }
} as const satisfies Record<CredentialKind, { chosenBy: string; secret: string[]; usedByPost: boolean }>

/** Every secret input. */
export const SECRET_INPUTS = [
  ...new Set(Object.values(CREDENTIAL_INPUTS).flatMap(({ secret }): readonly string[] => secret))
]

type CredentialOf<Kind extends CredentialKind> = Extract<Credential, { kind: Kind }>

/** Reads a credential of one of `kinds`: the one whose input is set, else client credentials. */
export function readCredential<Kind extends CredentialKind>(
  reader: InputReader,
  kinds: readonly Kind[]
): CredentialOf<Kind | 'client_credentials'> {
  // `client-secret` belongs to the two one-time grants as well.
  const chosen = kinds.filter(
    (kind) => kind !== 'client_credentials' && isSet(CREDENTIAL_INPUTS[kind].chosenBy)
  )
  const [kind = 'client_credentials', second] = chosen
  if (second !== undefined) {
    const names = chosen.map((each) => `\`${CREDENTIAL_INPUTS[each].chosenBy}\``).join(' and ')
    const all = chosen.length === 2 ? 'both' : 'all'
    reader.problem(CREDENTIAL_INPUTS[second].chosenBy, `${names} are ${all} set. Set only one.`)
  }
  const credential = readKind(reader, kind)
  checkCombination(reader, credential)
  return credential as CredentialOf<Kind | 'client_credentials'>
}

function readKind(reader: InputReader, kind: CredentialKind): Credential {
  const optional = (input: string): Secret | undefined => (isSet(input) ? reader.secret(input) : undefined)
  const secret =
    kind === 'authorization_code' ? readCode(reader) : reader.secret(CREDENTIAL_INPUTS[kind].chosenBy)
  const email = adminEmail(reader.text('email'))
  const authMethod = reader.choice('token-endpoint-auth-method', AUTH_METHODS)
  const client = { clientSecret: optional('client-secret'), authMethod }
  const code = { redirectUri: reader.text('redirect-uri'), codeVerifier: optional('code-verifier') }
  switch (kind) {
    case 'api_token':
      return { kind, email, apiToken: secret }
    case 'access_token':
      return { kind, accessToken: secret }
    case 'client_credentials':
      return { kind, clientSecret: secret, authMethod }
    case 'authorization_code':
      return { kind, code: secret, ...code, ...client }
    case 'refresh_token':
      return { kind, refreshToken: secret, ...client }
  }
}

/** Reads the authorization code, also out of the address that the browser was sent to. */
function readCode(reader: InputReader): Secret {
  const input = 'authorization-code'
  const value = given(input)
  // Refused as a whole: what is around it would become a part of the code, and the place of a character is its place here.
  if (isWrapped(value) || textMistake(value) !== undefined) return reader.secret(input)
  const { code, error } = authorizationResponse(value)
  if (error !== '') {
    const text = `the browser came back with the error \`${clean(error)}\` instead of a code. Ask for consent again.`
    reader.problem(input, text)
  } else if (code === '') {
    reader.problem(
      input,
      'the address has no `code` in it. Copy all of what the browser shows after the consent.'
    )
  }
  return reader.secret(input, code)
}

/** Reads the credential again in post, unchecked: a bug of the runner can give it the inputs of another step. */
export function rereadCredential(kind: CredentialKind, authMethod: AuthMethod): Credential {
  const credential = readKind(new InputReader(), kind)
  return isAdmin(credential) ? credential : { ...credential, authMethod }
}

/** Notes which inputs the credential lacks, and which do not belong to it. */
function checkCombination(reader: InputReader, credential: Credential): void {
  const { kind } = credential
  if (kind === 'client_credentials' && !isSet('client-secret') && !isSet('email')) {
    reader.problem(
      'client-secret',
      `no credential is set. Set \`client-secret\` (recommended), or \`email\` and \`api-token\`. ${IF_FROM_SECRET}`
    )
  }
  if (isAdmin(credential) && isSet('client-secret')) {
    const text = `\`client-secret\` and \`${CREDENTIAL_INPUTS[kind].chosenBy}\` are both set. Set only one.`
    reader.problem('client-secret', text)
  }
  checkEmail(reader, kind)
  checkCode(reader, kind)
}

/** An e-mail address belongs to an API token, and to nothing else. */
function checkEmail(reader: InputReader, kind: CredentialKind): void {
  if (kind !== 'api_token') {
    if (!isSet('email')) return
    const text = `\`email\` is set, but \`api-token\` is empty. Set it, or remove \`email\`. ${IF_FROM_SECRET}`
    reader.problem('api-token', text)
    return
  }
  if (adminEmail(given('email')) === '')
    reader.problem('email', '`api-token` needs the e-mail address of the admin that it belongs to.')
  const email = adminEmail(reader.text('email'))
  if (email !== '' && !/^[^\s:@]+@[^\s:@]+$/.test(email))
    reader.problem('email', 'it is not an e-mail address. Write the one that the admin signs in with.')
}

/** A redirect URI and a code verifier belong to an authorization code, and to nothing else. */
function checkCode(reader: InputReader, kind: CredentialKind): void {
  if (kind !== 'authorization_code') {
    for (const input of ['redirect-uri', 'code-verifier'].filter(isSet)) {
      const text = `it is used only with \`authorization-code\`, which is empty. Set that, or remove this. ${IF_FROM_SECRET}`
      reader.problem(input, text)
    }
    return
  }
  if (!isSet('redirect-uri')) {
    const text = '`authorization-code` needs it. Write the redirect URI that the code was requested with.'
    reader.problem('redirect-uri', text)
  }
  if (!isSet('code-verifier') && !isSet('client-secret')) {
    const text = `\`authorization-code\` needs it, or \`client-secret\`, or both. ${IF_FROM_SECRET}`
    reader.problem('code-verifier', text)
  }
}

/** Whether `client-id` is probably a secret, as if it were swapped with `client-secret`. */
export function isClientIdSecret(): boolean {
  return looksLikeSecret(given('client-id')) && !looksLikeSecret(given('client-secret'))
}

/** An e-mail address as the Basic header needs it: without the `/token` that Zendesk's examples append. */
export function adminEmail(email: string): string {
  return email.replace(/\/token$/, '')
}
