import { describe, expect, it } from '@jest/globals'
import { type Fault, type Token } from '../../mock/zendesk.ts'
import { main } from '../../src/main.ts'
import { post } from '../../src/post.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

/*
 * What post logs and writes into the summary. Which requests it sends, and what they prove, is in the tests of the
 * revocation and of `dist/`.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode } = account

const NARROW = { scopes: 'tickets:read' }
const MISSING = 'You are missing the following required scopes: write'
/** Why Zendesk does not let a narrow token revoke itself. */
const MAY_NOT = `The credential lacks a scope (DELETE ${CURRENT}: 403 ("Forbidden: ${MISSING}"))`
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'

/** Runs main, and gives its state to post. */
async function minted(inputs: Inputs): Promise<Token> {
  runner.inputs(inputs)
  await main(runner.step)
  runner.passState()
  runner.stdout = []
  runner.limits = []
  account.zendesk.forget()
  return account.token
}

/** Runs post; returns what it logs, without masks and debug lines. */
async function logged(): Promise<string[]> {
  await post(runner.step)
  return runner.logged()
}

/** The inputs with an authorization code, whose token post revokes with nothing but the token itself. */
const codeWithScope = (scope: string): Inputs => authorizationCode({ 'skip-token-revoke': 'false' }, scope)

/** Lets Zendesk respond to each DELETE with this status. */
const refuse = (status: number, body: object = {}): void => {
  account.zendesk.fault({ method: 'DELETE' }, { kind: 'response', status, body })
}
const cancel = (): void => {
  runner.cancellation.abort()
}
const manually = (id: number): string =>
  `To revoke it manually, delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or send DELETE ${account.zendesk.url}${TOKENS}/${id} as an admin, or let \`sweep\` remove it.`

describe('post sends nothing', () => {
  it.each([
    ['main saved nothing', undefined, 'The main step saved no token, so there is nothing to revoke.'],
    [
      'skip-token-revoke is true',
      '{"kind":"skipped","why":"true"}',
      'The token is not revoked, because `skip-token-revoke` is `true`.'
    ],
    [
      'a refresh token came with the token',
      '{"kind":"skipped","why":"auto"}',
      'The token is not revoked, because that would revoke its refresh token, too.'
    ]
  ])('if %s, and says so in one line', async (_why, state, line) => {
    if (state !== undefined) process.env['STATE_zendesk'] = state
    runner.inputs(apiToken())
    await post(runner.step)
    expect(runner.stdout).toEqual([line])
    expect(account.zendesk.requests).toEqual([])
  })
})

describe('post decides by the state, and', () => {
  it('warns that a token may be active if it cannot read what main saved', async () => {
    process.env['STATE_zendesk'] = '{"kind":"minted"}'
    await post(runner.step)
    expect(runner.stdout).toEqual([
      "::warning::The state that the main step saved cannot be read, so a token of this step may be active. Delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or find it as an admin with GET /api/v2/oauth/tokens and send DELETE /api/v2/oauth/tokens/{id}, or let `sweep` remove it."
    ])
  })

  it('ignores every input but the credential', async () => {
    const secret = clientCredentials()['client-secret']!
    const { id } = await minted(clientCredentials({ 'job-summary': 'true' }))
    const others = { subdomain: 'evil', 'client-id': 'other', 'base-url': 'https://127.0.0.1:1' }
    const flags = { 'skip-token-revoke': 'true', 'job-summary': 'false', 'timeout-seconds': '0' }
    runner.inputs({ ...others, ...flags, 'client-secret': secret })
    expect(await logged()).toEqual([`Revoked token ${id} and verified that Zendesk rejects it.`])
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<h3>Zendesk token revoked</h3>')
  })

  it.each([
    [300, 240, 5000],
    [60, 60, 5000],
    [5, 5, 1000],
    [3600, 240, 5000]
  ])('has, of a timeout of %d s, at most %d s, with %d ms reserved', async (timeout, seconds, reserve) => {
    await minted(clientCredentials({ 'timeout-seconds': String(timeout) }))
    await post(runner.step)
    expect(runner.limits).toEqual([{ seconds, reserve }])
  })
})

describe('post logs', () => {
  it('that an expired token had expired', async () => {
    const { id } = await minted(clientCredentials())
    account.zendesk.advance(3_601_000)
    expect(await logged()).toEqual([`Zendesk rejects token ${id}, which had expired.`])
  })

  it('why it minted a cleanup token', async () => {
    account.zendesk.fault({ path: CURRENT }, [{ kind: 'response', status: 404 }])
    account.zendesk.behaviour.deleteCurrentWorks = false
    await minted(clientCredentials())
    expect(await logged()).toEqual([
      'Minted a cleanup token (read write, 10 minutes) to revoke the token (id unknown), because: Zendesk accepted the DELETE, but the token still works.',
      'Revoked the token (id unknown) and verified that Zendesk rejects it.'
    ])
  })

  it('no warning if only the scope is missing, and Zendesk reported an expiry', async () => {
    await minted(codeWithScope('tickets:read'))
    expect(await logged()).toEqual([`Could not revoke the token (id unknown): ${MAY_NOT}. ${EXPIRES}`])
  })
})

describe('post logs one warning, with the expiry and what to do,', () => {
  it.each<[string, inputs: () => Inputs, happen: () => void, why: string, expiry: string]>([
    [
      'if Zendesk refuses to revoke the token',
      () => codeWithScope('read write'),
      () => {
        refuse(400)
      },
      `Zendesk refused the request (DELETE ${CURRENT}: 400).`,
      EXPIRES
    ],
    [
      'if only the scope is missing, but the token never expires',
      apiToken,
      () => {
        refuse(403, { error: 'Forbidden', description: MISSING })
      },
      `${MAY_NOT}.`,
      'It does not expire.'
    ],
    [
      'if only the scope is missing, but post was given other inputs than main',
      () => apiToken(NARROW),
      () => {
        runner.inputs({})
      },
      `${MAY_NOT}. Post was given other inputs than main, so it could not use the credential.`,
      'It does not expire.'
    ],
    [
      'if the job is cancelled before the DELETE',
      clientCredentials,
      cancel,
      'the job was cancelled.',
      EXPIRES
    ],
    [
      'if the job is cancelled after a DELETE without a response',
      clientCredentials,
      () => {
        account.zendesk.fault({ method: 'DELETE' }, { kind: 'lose-response' })
        runner.clock.onSleep = cancel
      },
      'the job was cancelled. The DELETE was sent and not answered.',
      EXPIRES
    ],
    [
      'if the job is cancelled after a DELETE that was accepted, but did nothing',
      clientCredentials,
      () => {
        account.zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'response', status: 403, body: {} })
        runner.clock.onSleep = cancel
      },
      'Zendesk accepted the DELETE, but the token still works.',
      EXPIRES
    ]
  ])('%s', async (_what, inputs, happen, why, expiry) => {
    const { id } = await minted(inputs())
    happen()
    const warning = `Could not revoke token ${id}: ${why} ${expiry} ${manually(id)}`
    expect((await logged()).at(-1)).toBe(`::warning::${warning}`)
    expect(runner.all('warning')).toHaveLength(1)
  })

  it('if Zendesk was not seen to reject the revoked token', async () => {
    const { id } = await minted(clientCredentials())
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'response', status: 418 })
    expect(await logged()).toEqual([
      `::warning::Revoked token ${id} (Zendesk accepted the DELETE), but this could not be verified: Zendesk refused the request (GET ${CURRENT}: 418). ${EXPIRES} ${manually(id)}`
    ])
  })

  const cleanup =
    /Could not revoke the cleanup token \d+: .*It expires at 2026-11-21T12:10:00Z\. To revoke it manually, .* send DELETE \S+ as an admin, or let `sweep` remove it\.$/

  it('and about the cleanup token, if that remains, too', async () => {
    await minted(clientCredentials(NARROW))
    refuse(403, { error: 'Forbidden', description: MISSING })
    const [, warning] = await logged()
    expect(warning).toMatch(/^::warning::Could not revoke the token \(id unknown\): .* remove it\. Could not/)
    expect(warning).toMatch(cleanup)
    expect(runner.all('warning')).toHaveLength(1)
  })

  it('and about a cleanup token that may exist, if post itself fails', async () => {
    await minted(clientCredentials(NARROW))
    account.zendesk.fault({ path: GRANT }, { kind: 'lose-response' })
    runner.clock.onSleep = () => {
      throw new Error('no luck')
    }
    await post(runner.step)
    expect(runner.logged().at(-1)).toMatch(
      /^::warning::Could not revoke the token \(id unknown\): no luck\. .* remove it\. The response to the mint of a cleanup token was lost\. /
    )
  })

  it('only about the cleanup token, if only that remains', async () => {
    await minted(clientCredentials(NARROW))
    const deletions: Fault[] = [
      { kind: 'pass' },
      { kind: 'pass' },
      ...Array<Fault>(2).fill({ kind: 'response', status: 418 })
    ]
    account.zendesk.fault({ method: 'DELETE' }, deletions)
    const [, report, warning] = await logged()
    expect(report).toBe('Revoked the token (id unknown) and verified that Zendesk rejects it.')
    expect(warning).toMatch(new RegExp(`^::warning::${cleanup.source}`))
  })
})

describe('the summary of post', () => {
  const nothing = (): void => undefined

  it.each<[title: string, state: string, inputs: (more?: Inputs) => Inputs, happen: () => void]>([
    ['revoked', 'revoked with api-token; Zendesk rejects it', apiToken, nothing],
    ['revoked', 'revoked with the token itself; Zendesk rejects it', clientCredentials, nothing],
    [
      'revoked',
      'revoked with a cleanup token; Zendesk rejects it',
      (more) => clientCredentials({ ...more, ...NARROW }),
      nothing
    ],
    [
      'revoked',
      'Zendesk rejects it',
      clientCredentials,
      () => {
        account.token.revoked = true
      }
    ],
    [
      'expired',
      'Zendesk rejects it',
      clientCredentials,
      () => {
        account.zendesk.advance(3_601_000)
      }
    ],
    [
      'revoked, not verified',
      'Zendesk accepted the DELETE',
      clientCredentials,
      () => {
        account.zendesk.fault({ path: CURRENT }, { kind: 'response', status: 418 })
      }
    ],
    [
      'not revoked',
      'may still be active',
      clientCredentials,
      () => {
        account.zendesk.fault({}, { kind: 'response', status: 418 })
      }
    ]
  ])('%s: %s', async (title, state, inputs, happen) => {
    await minted(inputs({ 'job-summary': 'true' }))
    happen()
    await post(runner.step)
    const summary = runner.text('GITHUB_STEP_SUMMARY').split('<h3>')[2]
    expect(summary).toContain(`Zendesk token ${title}</h3>`)
    expect(summary).toContain(`<td>${state}</td>`)
  })

  it('is not written unless `job-summary` is set', async () => {
    await minted(clientCredentials())
    await post(runner.step)
    expect(runner.text('GITHUB_STEP_SUMMARY')).toBe('')
  })
})
