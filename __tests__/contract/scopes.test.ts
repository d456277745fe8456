import { describe, expect, it } from '@jest/globals'

import { type Zendesk } from '../../mock/zendesk.ts'
import {
  annotated,
  at,
  clientCredentials,
  count,
  credentials,
  CURRENT,
  edited,
  infoLines,
  mainThenPost,
  MINT,
  mintedTokens,
  mockZendesk,
  runStep,
  shown,
  theToken,
  VERIFIED
} from './adapter.ts'

const PROMISE = 'will be revoked when the job ends'
const MINT_BY_API = { method: 'POST', path: '/api/v2/oauth/tokens' }

function accessTokenWith(zendesk: Zendesk, scopes: string[]): Record<string, string> {
  const [token] = zendesk.seedTokens(1, { client: 'admin_tools', scopes })
  return { 'access-token': token!.value }
}

describe('without `scopes`', () => {
  it.concurrent(
    'a grant sends none; one line says what was granted, and that `scopes` can ask for fewer',
    async () => {
      const zendesk = await mockZendesk()
      const main = await runStep('main', { inputs: clientCredentials(zendesk) })
      expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: 'read write' } })
      expect(zendesk.requests[0]?.json).not.toHaveProperty('scope')
      expect(infoLines(main).filter((line) => line.includes('`scopes`'))).toEqual([
        expect.stringContaining('read write')
      ])
      expect(annotated(main)).toEqual([])
    }
  )

  it.concurrent('a client with narrower allowed scopes works, and gets those', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, {}, 'tickets_only')
    const main = await runStep('main', { inputs })
    expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: 'tickets:read tickets:write' } })
    expect(infoLines(main).filter((line) => line.includes('`scopes`'))).toEqual([
      expect.stringContaining('tickets:read tickets:write')
    ])
    expect(annotated(main)).toEqual([])
  })

  it.concurrent(
    'an account that refuses a request without scope: the error says to set `scopes`',
    async () => {
      const zendesk = await mockZendesk({ scopeRequired: true })
      const main = await runStep('main', { inputs: clientCredentials(zendesk) })
      expect(main.exitCode).toBe(1)
      expect(annotated(main)).toEqual([
        expect.stringMatching(/^::error.*invalid_scope.*`scopes`|^::error.*`scopes`.*invalid_scope/)
      ])
      expect(zendesk.requests).toHaveLength(1)
    }
  )

  it.concurrent.each(['apiToken', 'accessToken'] as const)(
    'the %s asks for `read write`',
    async (credential) => {
      const zendesk = await mockZendesk()
      const main = await runStep('main', { inputs: at(zendesk, credentials[credential](zendesk)) })
      expect(main.exitCode).toBe(0)
      expect(zendesk.requests.at(-1)?.json).toMatchObject({ token: { scopes: ['read', 'write'] } })
      expect(infoLines(main).filter((line) => line.includes('`scopes`'))).toEqual([
        expect.stringContaining('read write')
      ])
    }
  )
})

describe('with `scopes`', () => {
  it.concurrent('no line says that they could be set', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'read write' })
    const main = await runStep('main', { inputs })
    expect(zendesk.requests[0]?.json).toMatchObject({ scope: 'read write' })
    expect(shown(main)).not.toContain('`scopes`')
  })

  it.concurrent("beyond the allowed ones: the error is about the client's allowed scopes", async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'read' }, 'tickets_only')
    const main = await runStep('main', { inputs })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*allowed scopes/i)])
  })

  it.concurrent('`unrestricted` is known', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'unrestricted' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(annotated(run.main)).toEqual([])
    expect(shown(run.main)).toContain(PROMISE)
    expect(shown(run.post)).toContain(VERIFIED)
  })
})

describe('a token without any scope is red, and post revokes it', () => {
  it.concurrent('a grant that reports `""`', async () => {
    const zendesk = await mockZendesk({ reportScopes: 'empty' })
    const run = await mainThenPost(zendesk)
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('a grant whose only scope Zendesk did not know', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'no_such:read' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent.each(['apiToken', 'accessToken'] as const)('the %s, with `[]`', async (credential) => {
    const zendesk = await mockZendesk({ reportScopes: 'empty' })
    const run = await mainThenPost(zendesk, { inputs: at(zendesk, credentials[credential](zendesk)) })
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('but not a response that says nothing about scopes', async () => {
    const zendesk = await mockZendesk({ reportScopes: 'absent' })
    const inputs = clientCredentials(zendesk, { scopes: 'read write' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(run.main.exitCode).toBe(0)
    expect(annotated(run.main)).toEqual([])
  })
})

describe('the promise to revoke the token', () => {
  it.concurrent.each(['tickets:read', 'read', 'tickets:write', 'read hc:write'])(
    'is not made for a grant of %s; the line says when the token expires',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const inputs = clientCredentials(zendesk, { scopes })
      const run = await mainThenPost(zendesk, { inputs })
      expect(shown(run.main)).not.toContain(PROMISE)
      const [line] = infoLines(run.main).filter((text) => text.startsWith('Minted'))
      expect(line).toMatch(/cleanup token/)
      expect(line).toContain('2026-11-21T13:00:00Z')
      // It is tried all the same, and succeeds here.
      expect(shown(run.post)).toContain(VERIFIED)
      expect(mintedTokens(zendesk)).toHaveLength(2)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent.each(['write', 'read write', 'tickets:read write'])(
    'is made for a grant of %s',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const inputs = clientCredentials(zendesk, { scopes })
      const main = await runStep('main', { inputs })
      expect(infoLines(main).filter((text) => text.includes(PROMISE))).toHaveLength(1)
    }
  )

  it.concurrent('is made for narrow scopes if the API token will revoke it', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.apiToken(zendesk), scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(shown(run.main)).toContain(PROMISE)
    // The verification would need `read`: Zendesk's own 401 comes first.
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('is about what was granted, not about what was requested', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, [edited((body) => ({ ...body, scope: 'read' }))])
    const inputs = clientCredentials(zendesk, { scopes: 'read write' })
    const main = await runStep('main', { inputs })
    expect(shown(main)).not.toContain(PROMISE)
    expect(count(main, 'warning')).toBe(1)
    expect(annotated(main)[0]).toMatch(/write/)
  })
})

describe('a missing scope is named', () => {
  it.concurrent.each([
    ['to mint', 'write', ['read'], '360000000101'],
    ['to look the client up', 'read', ['write'], 'ci_bot']
  ])('%s', async (_what, missing, scopes, clientId) => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...accessTokenWith(zendesk, scopes), 'client-id': clientId })
    const main = await runStep('main', { inputs })
    expect(main.exitCode).toBe(1)
    const errors = annotated(main).filter((line) => line.startsWith('::error'))
    expect(errors).toEqual([expect.stringMatching(new RegExp(`\`${missing}\`|required scopes: ${missing}`))])
    expect(errors[0]).toMatch(/scope/)
  })
})

describe('scopes of more than 4 kB are as if not reported', () => {
  const many = (length: number): string[] =>
    Array.from({ length }, (_, index) => `scope_${10_000 + index}:read`)

  /** A grant with so many scopes, whose check reports nothing. */
  async function grantedMany(length: number): Promise<Zendesk> {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, [edited((body) => ({ ...body, scope: many(length).join(' ') }))])
    zendesk.fault({ method: 'GET', path: CURRENT }, [
      { kind: 'response', status: 403, body: { error: 'Forbidden' } }
    ])
    return zendesk
  }

  it.concurrent.each([300, 13_000])('%i scopes in the response to a grant', async (length) => {
    const zendesk = await grantedMany(length)
    const run = await mainThenPost(zendesk)
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes: '' } })
    expect(JSON.stringify(run.main.state).length).toBeLessThan(16_384)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('200 scopes are reported', async () => {
    const zendesk = await grantedMany(200)
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: many(200).join(' ') } })
  })

  it.concurrent('many scopes in the response to an API token', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT_BY_API, [
      edited<{ token: object }>(({ token }) => ({ token: { ...token, scopes: many(13_000) } }))
    ])
    const run = await mainThenPost(zendesk, { inputs: at(zendesk, credentials.apiToken(zendesk)) })
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes: '' } })
    expect(shown(run.post)).toContain(VERIFIED)
    expect(theToken(zendesk).revoked).toBe(true)
  })

  it.concurrent('many scopes in the check of a grant', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ method: 'GET', path: CURRENT }, [
      edited<{ token: object }>(({ token }) => ({ token: { ...token, scopes: many(13_000) } }))
    ])
    const run = await mainThenPost(zendesk)
    expect(run.main.exitCode).toBe(0)
    expect(run.main.outputs['scopes']).not.toContain('scope_')
    expect(shown(run.post)).toContain(VERIFIED)
  })
})
