import { getInput } from '@actions/core'
import { quote } from '../lib/redact.ts'
import { type Secret } from '../lib/secret.ts'
import {
  AUTH_METHODS,
  CREDENTIAL_KINDS,
  type AdminCredential,
  type AuthMethod,
  type ClientCredentials,
  type Credential,
  type CredentialKind
} from '../zendesk/credential.ts'
import { usableToken } from '../zendesk/tokens.ts'
import { adminEmail, IF_FROM_SECRET, InputReader } from './input-reader.ts'

/** The inputs of one kind of credential. */
interface CredentialInputs {
  /** The input that chooses the credential. */
  chooses: SecretInput
  /** Its secret inputs, and the others. */
  secret: readonly SecretInput[]
  plain: readonly string[]
  /** Whether post may use the credential again. A code and a refresh token are used up by then. */
  usedByPost: boolean
}

export type SecretInput =
  'api-token' | 'access-token' | 'client-secret' | 'authorization-code' | 'code-verifier' | 'refresh-token'

/** Which inputs each kind of credential consists of. Everything about them is derived from this table. */
export const CREDENTIAL_INPUTS = {
  api_token: { chooses: 'api-token', secret: ['api-token'], plain: ['email'], usedByPost: true },
  access_token: {
    chooses: 'access-token',
    secret: ['access-token'],
    plain: [],
    usedByPost: true
  },
  client_credentials: {
    chooses: 'client-secret',
    secret: ['client-secret'],
    plain: ['token-endpoint-auth-method'],
    usedByPost: true
  },
  authorization_code: {
    chooses: 'authorization-code',
    secret: ['authorization-code', 'code-verifier', 'client-secret'],
    plain: ['redirect-uri', 'token-endpoint-auth-method'],
    usedByPost: false
  },
  refresh_token: {
    chooses: 'refresh-token',
    secret: ['refresh-token', 'client-secret'],
    plain: ['token-endpoint-auth-method'],
    usedByPost: false
  }
} as const satisfies Record<CredentialKind, CredentialInputs>

/** Every secret input. */
export const SECRET_INPUTS: readonly SecretInput[] = [
  ...new Set(Object.values(CREDENTIAL_INPUTS).flatMap(({ secret }) => secret))
]

/** The credentials that the sweep accepts. */
export type SweepCredential = AdminCredential | ClientCredentials

/**
 * Reads the credential of main.
 *
 * @returns its kind, and the credential unless a problem was noted
 */
export function readCredential(reader: InputReader): {
  kind: CredentialKind
  credential: Credential | undefined
} {
  const kind = chosenKind(reader, CREDENTIAL_KINDS)
  return { kind, credential: readers[kind](reader, readParts(reader, kind)) }
}

/** Reads the credential of the sweep, as {@link readCredential} does. */
export function readSweepCredential(reader: InputReader): {
  kind: SweepCredential['kind']
  credential: SweepCredential | undefined
} {
  const kind = chosenKind(reader, ['api_token', 'access_token', 'client_credentials'])
  return { kind, credential: readers[kind](reader, readParts(reader, kind)) as SweepCredential | undefined }
}

/**
 * Reads the credential again in post, where nobody is told of problems: a bug of the runner can give post the inputs
 * of another step.
 */
export function rereadCredential(kind: CredentialKind): Credential | undefined {
  const reader = new InputReader()
  return readers[kind](reader, readParts(reader, kind))
}

/** The kind whose input is set, else client credentials; `client-secret` belongs to the two grants as well. */
function chosenKind<Kind extends CredentialKind>(
  reader: InputReader,
  kinds: readonly Kind[]
): Kind | 'client_credentials' {
  const chosen = kinds.filter(
    (kind) => kind !== 'client_credentials' && getInput(CREDENTIAL_INPUTS[kind].chooses) !== ''
  )
  const [first, second] = chosen
  if (second !== undefined) {
    const names = chosen.map((kind) => `\`${CREDENTIAL_INPUTS[kind].chooses}\``).join(' and ')
    reader.problem(CREDENTIAL_INPUTS[second].chooses, `${names} are all set. Set only one.`)
  }
  return first ?? 'client_credentials'
}

/** The inputs that more than one kind of credential uses. */
interface Parts {
  email: string
  clientSecret: Secret | undefined
  codeVerifier: Secret | undefined
  redirectUri: string
  authMethod: AuthMethod
}

function readParts(reader: InputReader, kind: CredentialKind): Parts {
  const authMethod = reader.choice<AuthMethod>('token-endpoint-auth-method', AUTH_METHODS)
  const email = readEmail(reader, kind)
  const clientSecret = reader.secret('client-secret')
  const redirectUri = reader.text('redirect-uri')
  const codeVerifier = reader.secret('code-verifier')
  for (const input of ['redirect-uri', 'code-verifier']) {
    if (kind === 'authorization_code' || getInput(input) === '') continue
    reader.problem(
      input,
      `it is used only with \`authorization-code\`, which is empty. Set that, or remove this. ${IF_FROM_SECRET}`
    )
  }
  return { email, clientSecret, codeVerifier, redirectUri, authMethod }
}

const readers: Record<CredentialKind, (reader: InputReader, parts: Parts) => Credential | undefined> = {
  api_token(reader, { email }) {
    const apiToken = reader.secret('api-token')
    refuseClientSecret(reader, 'api-token')
    return apiToken && { kind: 'api_token', email, apiToken }
  },
  access_token(reader) {
    const accessToken = reader.secret('access-token')
    refuseClientSecret(reader, 'access-token')
    if (accessToken !== undefined && usableToken(accessToken.reveal()) === undefined) {
      reader.problem(
        'access-token',
        'it has characters that an access token cannot have, or more than 8192. Copy it again.'
      )
    }
    return accessToken && { kind: 'access_token', accessToken }
  },
  client_credentials(reader, { clientSecret, authMethod }) {
    if (getInput('client-secret') === '' && getInput('email') === '') {
      reader.problem(
        'client-secret',
        `no credential is set. Set \`client-secret\` (recommended), or \`email\` and \`api-token\`. ${IF_FROM_SECRET}`
      )
    }
    return clientSecret && { kind: 'client_credentials', clientSecret, authMethod }
  },
  authorization_code(reader, { redirectUri, codeVerifier, clientSecret, authMethod }) {
    const code = reader.secret('authorization-code')
    if (getInput('redirect-uri') === '') {
      reader.problem(
        'redirect-uri',
        '`authorization-code` needs it. Write the redirect URI that the code was requested with.'
      )
    }
    if (getInput('code-verifier') === '' && getInput('client-secret') === '') {
      reader.problem(
        'code-verifier',
        `\`authorization-code\` needs it, or \`client-secret\`, or both. ${IF_FROM_SECRET}`
      )
    }
    return code && { kind: 'authorization_code', code, redirectUri, codeVerifier, clientSecret, authMethod }
  },
  refresh_token(reader, { clientSecret, authMethod }) {
    const refreshToken = reader.secret('refresh-token')
    return refreshToken && { kind: 'refresh_token', refreshToken, clientSecret, authMethod }
  }
}

function readEmail(reader: InputReader, kind: CredentialKind): string {
  const email = adminEmail(reader.text('email'))
  const given = adminEmail(getInput('email'))
  if (kind === 'api_token' && given === '') {
    reader.problem('email', '`api-token` needs the e-mail address of the admin that it belongs to.')
  } else if (kind === 'api_token' && email !== '' && !/^[^\s:@]+@[^\s:@]+$/.test(email)) {
    reader.problem(
      'email',
      `"${quote(email)}" is not an e-mail address. Write the one that the admin signs in with.`
    )
  } else if (kind !== 'api_token' && getInput('email') !== '') {
    reader.problem(
      'api-token',
      `\`email\` is set, but \`api-token\` is empty. Set it, or remove \`email\`. ${IF_FROM_SECRET}`
    )
  }
  return email
}

function refuseClientSecret(reader: InputReader, chosen: SecretInput): void {
  if (getInput('client-secret') === '') return
  reader.problem('client-secret', `\`client-secret\` and \`${chosen}\` are both set. Set only one.`)
}
