import { expect, it } from '@jest/globals'
import { type InputValue } from '../../mock/runner.ts'
import { ADMIN_ID, AGENT_ID, type Zendesk } from '../../mock/zendesk.ts'
import {
  annotated,
  KEPT_FOR_REFRESH,
  masks,
  NOTHING,
  published,
  responded,
  revokedLine,
  said,
  stream
} from '../support/log-lines.ts'
import { mintedTokens, requestLog } from '../support/requests.ts'
import { mainThenPost, runStep, userAgent } from '../support/run-action.ts'
import {
  at,
  authorizationCode,
  basicOf,
  CLIENTS,
  credentials,
  CURRENT,
  GRANT,
  type Inputs,
  mockZendesk,
  TOKENS
} from '../support/zendesk.ts'

/** The client `agent_bot` and its secret, form-encoded. */
const PAIR = 'agent_bot:sandbox%2Bsecret%2Fof%3Dagent_bot%3A50%25%260123456789'

/** The inputs with the refresh token that came with an authorization code. */
async function refreshToken(zendesk: Zendesk): Promise<Inputs> {
  const inputs = at(zendesk, authorizationCode(zendesk, 'browser_app', true))
  const { outputs } = await runStep('main', { inputs })
  zendesk.forget()
  return { 'client-id': 'browser_app', 'refresh-token': outputs['refresh-token']! }
}

const OWN = [`DELETE ${TOKENS}/<id> | Bearer <token>`, `GET ${CURRENT} | Bearer <token>`]
const CHECK = OWN[1]!
const MASKS = ['::add-mask::<client-secret>', '::add-mask::<token>']
const CODE = '"code":"<authorization-code>","redirect_uri":"https://app.example/callback"'
const grant = (kind: string, body: string): string => `POST ${GRANT} | {"grant_type":"${kind}",${body}}`

/** Secrets, and what belongs to the token, are written as `<name>`. */
interface Row {
  inputs: (zendesk: Zendesk) => Inputs<InputValue> | Promise<Inputs>
  masks: string
  main: string[]
  /** Not given if post leaves the token. */
  post?: string[]
  postMasks?: string
  /** All lines of main and post, in order. */
  log?: string[]
  /** Where they differ from those of an hour, `read write`, the admin and ci_bot. */
  outputs?: Inputs
}

const ROWS: Record<string, Row> = {
  'an API token': {
    inputs: (zendesk) => ({ ...credentials.apiToken(zendesk), 'client-id': 360_000_000_101 }),
    masks: '<api-token> <basic>',
    main: [`POST ${TOKENS} | Basic <basic> | {"token":{"client_id":360000000101,"scopes":["read","write"]}}`],
    post: [`DELETE ${TOKENS}/<id> | Basic <basic>`, CHECK],
    outputs: { 'expires-at': '' }
  },
  'an access token, and an identifier that it looks up': {
    inputs: (zendesk) => ({
      ...credentials.accessToken(zendesk),
      ...{ 'client-id': 'tickets_only', scopes: 'tickets:read' }
    }),
    masks: '<access-token>',
    main: [
      `GET ${CLIENTS}?page[size]=100 | Bearer <access-token>`,
      `POST ${TOKENS} | Bearer <access-token> | {"token":{"client_id":360000000104,"scopes":["tickets:read"]}}`
    ],
    post: [`DELETE ${TOKENS}/<id> | Bearer <access-token>`, CHECK],
    outputs: { 'client-id': '360000000104', 'expires-at': '2026-11-21T12:30:00Z', scopes: 'tickets:read' }
  },
  'client credentials': {
    inputs: (zendesk) => ({ ...credentials.clientCredentials(zendesk), 'expires-in': 900 }),
    masks: '<client-secret>',
    main: [
      grant('client_credentials', '"client_id":"ci_bot","client_secret":"<client-secret>","expires_in":900'),
      CHECK
    ],
    post: OWN,
    log: [
      ...MASKS,
      responded('POST /oauth/tokens', 201),
      responded('GET /api/v2/oauth/tokens/current', 200),
      '`scopes` is empty, and Zendesk granted: read write. Set `scopes` to request fewer.',
      'Minted token <id> (scopes: read write; expires in 15 minutes). It will be revoked when the job ends.',
      ...MASKS,
      responded('DELETE /api/v2/oauth/tokens/<id>', 204),
      responded('GET /api/v2/oauth/tokens/current', 401),
      'Revoked token <id> and verified that Zendesk rejects it.'
    ],
    outputs: { 'expires-at': '2026-11-21T12:15:00Z' }
  },
  'client credentials, form-encoded in a Basic header': {
    inputs: (zendesk) => ({
      ...credentials.clientCredentials(zendesk, 'agent_bot'),
      ...{ 'token-endpoint-auth-method': 'Client_Secret_Basic', scopes: 'read write' }
    }),
    masks: '<client-secret> <basic>',
    main: [
      `POST ${GRANT} | Basic <basic> | {"grant_type":"client_credentials","client_id":"agent_bot","scope":"read write","expires_in":3600}`,
      CHECK
    ],
    post: OWN,
    outputs: { 'client-id': '360000000105', 'user-id': String(AGENT_ID) }
  },
  'an authorization code with PKCE': {
    inputs: (zendesk) => authorizationCode(zendesk, 'browser_app', true),
    masks: '<authorization-code> <code-verifier>',
    main: [
      grant(
        'authorization_code',
        `${CODE},"code_verifier":"<code-verifier>","client_id":"browser_app","expires_in":3600`
      ),
      CHECK
    ],
    outputs: { 'client-id': '360000000102' }
  },
  'an authorization code with a secret, and `skip-token-revoke: False`': {
    inputs: (zendesk) => ({
      ...credentials.clientCredentials(zendesk),
      ...authorizationCode(zendesk, 'ci_bot', false),
      'skip-token-revoke': 'False'
    }),
    masks: '<client-secret> <authorization-code>',
    main: [
      grant(
        'authorization_code',
        `${CODE},"client_id":"ci_bot","client_secret":"<client-secret>","expires_in":3600`
      ),
      CHECK
    ],
    post: OWN,
    // The code is used up, so post neither needs nor masks it.
    postMasks: '<token>'
  },
  'a refresh token': {
    inputs: refreshToken,
    masks: '<refresh-token>',
    main: [
      grant('refresh_token', '"refresh_token":"<refresh-token>","client_id":"browser_app","expires_in":3600'),
      CHECK
    ],
    outputs: { 'client-id': '360000000102' }
  }
}

it.concurrent.each(Object.entries(ROWS))(
  'the action sends, masks and publishes with %s',
  async (_what, row) => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, await row.inputs(zendesk))
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const { id, value, refreshToken } = mintedTokens(zendesk).at(-1)!
    const basic = 'api-token' in inputs ? basicOf(zendesk) : Buffer.from(PAIR).toString('base64')
    const secrets = Object.entries(inputs).filter(([name]) => /secret|token$|-code$|verifier/.test(name))
    const names = { ...Object.fromEntries(secrets), token: value, id, next: refreshToken ?? value, basic }
    const named = (...lines: string[]): string[] =>
      lines.map((line) =>
        Object.entries(names).reduce((text, [name, own]) => text.replaceAll(String(own), `<${name}>`), line)
      )

    const { requests } = zendesk
    const { main: mainRequests, post: postRequests = [] } = row
    expect(named(...requestLog(requests))).toEqual([...mainRequests, ...postRequests])
    const first = requests[0]!.connection
    expect(requests.map(({ connection }) => connection)).toEqual([
      ...mainRequests.map(() => first),
      ...postRequests.map(() => first + 1)
    ])
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': userAgent }
    for (const request of requests) expect(request.headers).toMatchObject(headers)
    for (const { body, headers } of requests)
      expect(headers['content-type']).toBe(body ? 'application/json' : undefined)

    const masked = row.masks.split(' ')
    expect(named(...masks(main))).toEqual([...masked, '<token>', ...(refreshToken ? ['<next>'] : [])])
    // Before any other line.
    expect(masks({ ...main, stdout: main.stdout.slice(0, masked.length) })).toHaveLength(masked.length)
    expect(named(...masks(post)).join(' ')).toBe(row.post ? (row.postMasks ?? `${row.masks} <token>`) : '')
    expect(said(post).at(-1)).toBe(row.post ? revokedLine(id) : KEPT_FOR_REFRESH)
    if (row.log) expect(named(...stream(main), ...stream(post))).toEqual(row.log)
    expect(main.outputs).toEqual({
      token: value,
      'token-id': String(id),
      'client-id': '360000000101',
      'user-id': String(ADMIN_ID),
      scopes: 'read write',
      'expires-at': '2026-11-21T13:00:00Z',
      'base-url': zendesk.url,
      'refresh-token': refreshToken ?? '',
      ...row.outputs
    })
    // Every later step can read the state.
    expect(Object.keys(main.state)).toEqual(['zendesk'])
    const [state = ''] = named(...Object.values(main.state))
    expect(state.match(/<[\w-]+>/g)).toEqual(row.post ? ['<token>', '<id>'] : null)
    expect([main.env, published(post)]).toEqual([{}, NOTHING])
    for (const step of [main, post]) expect(step).toMatchObject({ exitCode: 0, stderr: '', summary: '' })
    expect(zendesk.tokens.get(id)!.revoked).toBe(row.post !== undefined)
  }
)

it.concurrent.each([
  ['the response reports no lifetime', { reportExpiresIn: 'never', grantStatus: 200 }],
  ['the token is a JWT', { tokenFormat: 'jwt' }]
] as const)('a grant is minted, checked and revoked as usual if %s', async (_condition, options) => {
  const zendesk = await mockZendesk(options)
  const { main, post } = await mainThenPost(zendesk)
  expect(main.outputs).toMatchObject({ 'token-id': '22000000002', 'expires-at': '2026-11-21T13:00:00Z' })
  expect(annotated(main)).toEqual([])
  expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
})
