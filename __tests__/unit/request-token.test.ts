import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startZendesk, type Fault, type Zendesk } from '../../mock/zendesk.ts'
import { askForToken, type Asked } from '../../src/request-token.ts'
import { log } from '../../src/runner/log.ts'
import { readMintInputs } from '../../src/inputs/inputs.ts'
import { Session } from '../../src/zendesk/client.ts'
import { setStage } from './runner-env.ts'

const stage = setStage()
let zendesk: Zendesk
let session: Session

beforeEach(async () => {
  zendesk = await startZendesk({ now: () => stage.world.now() })
})
afterEach(async () => {
  session.close()
  await zendesk.close()
})

const CREATE = '/api/v2/oauth/tokens'
const GRANT = '/oauth/tokens'

async function ask(credential: 'A' | 'C' | 'E', more: Record<string, string> = {}): Promise<Asked> {
  const { email, apiToken } = zendesk.credentials
  const ids = { A: String(zendesk.client('ci_bot').id), C: 'ci_bot', E: 'browser_app' }
  const secrets = {
    A: { email, 'api-token': apiToken },
    C: { 'client-secret': String(zendesk.client('ci_bot').secret) },
    E: { 'refresh-token': 'a-used-refresh-token' }
  }
  const account = { subdomain: 'acme', 'client-id': ids[credential], 'base-url': zendesk.url }
  stage.inputs({ ...account, ...secrets[credential], ...more })
  const inputs = readMintInputs()
  const about = { origin: inputs.origin, clientId: inputs.clientId, credential: inputs.credential.kind }
  session = new Session(inputs.origin, 'test', stage.step.budget(300), log)
  return askForToken(session, inputs, about, log)
}

const failing = (fault: Fault | Fault[]): unknown =>
  zendesk.fault({ path: /\/oauth\/tokens$/, method: 'POST' }, fault)
const NOTE_A = (id: string): string =>
  `An unused token of client ${id} may exist since 12:00 UTC; it does not expire by itself, and \`sweep\` removes it.`
const NOTE_C =
  'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'

describe('askForToken', () => {
  it('gives the reply, its token and Zendesk’s time', async () => {
    zendesk.advance(5000)
    const { reply, token, serverTime } = await ask('C')
    expect(reply.token).toBe(token)
    expect(token.reveal()).toBe(zendesk.living()[0]!.value)
    expect(stage.all('add-mask')).toEqual([token.reveal()])
    expect(serverTime).toBe(stage.world.now() + 5000)
  })

  it('takes this machine’s time where the reply tells none', async () => {
    zendesk.advance(5000)
    failing({ kind: 'edit', edit: (reply) => ({ ...reply, headers: { ...reply.headers, Date: 'soon' } }) })
    expect((await ask('C')).serverTime).toBe(stage.world.now())
  })

  it('shows a refusal, and asks once', async () => {
    await expect(ask('C', { 'client-secret': 'not-the-secret' })).rejects.toThrow(
      /^Could not mint a token: Zendesk refused the OAuth client \(invalid_client\): POST \/oauth\/tokens at 127/
    )
    expect(zendesk.requests).toHaveLength(1)
  })

  it.each(['gone-410', 'gone-404', 'forbidden-403'] as const)(
    'tells that the endpoint may be closed: %s',
    async (end) => {
      zendesk.behaviour.mintEndpoint = end
      await expect(ask('A')).rejects.toThrow(/use `client-secret`|or `client-secret` in place/)
    }
  )

  it('needs no look-up with C, and fails where the look-up does with A', async () => {
    await ask('C')
    expect(zendesk.seen()).toEqual([`POST ${GRANT}`])
    session.close()
    await expect(ask('A', { 'client-id': 'nobody' })).rejects.toThrow('Could not look up the client')
  })
})

describe('a mint whose reply was lost', () => {
  it.each(['lose-reply', 'reset-mid-body', 'close-mid-body'] as const)(
    'is tried again, with one warning that the first may have left a token: %s',
    async (kind) => {
      const after = { after: true }
      failing([
        { kind, ...after },
        { kind, ...after },
        { kind, ...after }
      ])
      await ask('C')
      expect(stage.all('warning')).toEqual([`The reply to a mint was lost. ${NOTE_C}`])
      expect(zendesk.living()).toHaveLength(4)
      expect(stage.world.sleeps).toHaveLength(3)
    }
  )

  it('may be an answer: 500', async () => {
    failing([{ kind: 'reply', status: 500, after: true }])
    const id = String(zendesk.client('ci_bot').id)
    await ask('A')
    expect(stage.all('warning')).toEqual([`The reply to a mint was lost. ${NOTE_A(id)}`])
  })

  it('was none that was never carried out: 429 and 503', async () => {
    failing([
      { kind: 'reply', status: 429 },
      { kind: 'reply', status: 503 }
    ])
    await ask('C')
    expect(stage.all('warning')).toEqual([])
  })

  it('is told once, and not again in the error where it was the last one', async () => {
    failing({ kind: 'reply', status: 500 })
    await expect(ask('C')).rejects.toThrow(/run the job again later\.$/)
    expect(stage.all('warning')).toEqual([`The reply to a mint was lost. ${NOTE_C}`])
  })

  it('is noted in the error where there was no time to try again', async () => {
    stage.world.chance = 0.9
    failing({ kind: 'lose-reply' })
    stage.world.pass(299_600)
    await expect(ask('C')).rejects.toThrow(
      new RegExp(
        `at ${new URL(zendesk.url).host} .*; run the job again.* may exist since 12:04 UTC; it expires after 1 hour`
      )
    )
    expect(stage.all('warning')).toEqual([])
    expect(stage.world.sleeps).toEqual([])
  })

  it('is noted in the error of a cancelled job once', async () => {
    failing({ kind: 'lose-reply' })
    stage.world.onSleep = () => {
      stage.stop.abort()
    }
    await expect(ask('C')).rejects.toThrow(/The job was cancelled.*An unused token of client ci_bot/)
    expect(stage.all('warning')).toEqual([])
  })

  it('does not change an error that has nothing to do with Zendesk', async () => {
    failing({ kind: 'lose-reply' })
    const error = new Error('a mistake in here')
    stage.world.onSleep = () => {
      throw error
    }
    await expect(ask('C')).rejects.toBe(error)
  })

  it('probably used up a refresh token that is refused then', async () => {
    failing([{ kind: 'reply', status: 502 }])
    await expect(ask('E')).rejects.toThrow('the first try was probably carried out')
    session.close()
    await expect(ask('E')).rejects.not.toThrow('the first try was probably carried out')
  })
})

describe('a reply without a usable token', () => {
  const withoutToken = (name: string): Fault => ({
    kind: 'edit',
    edit: (reply) => ({
      ...reply,
      body: reply.body.replace(new RegExp(`"${name}":"[^"]*"`), `"${name}":"short"`)
    })
  })

  it('ends the mint, and has the token revoked where its id is known', async () => {
    failing(withoutToken('full_token'))
    await expect(ask('A')).rejects.toThrow(/something that cannot be used: POST[^]*changing its replies\.$/)
    expect(zendesk.living()).toEqual([])
    expect(zendesk.seen().at(-1)).toMatch(/^DELETE \/api\/v2\/oauth\/tokens\/\d+$/)
  })

  it.each([
    ['is refused', { kind: 'reply', status: 403 }],
    ['has no reply', { kind: 'reset' }]
  ] as [string, Fault][])('tells of the token where its revocation %s', async (_how, fault) => {
    failing(withoutToken('full_token'))
    zendesk.fault({ method: 'DELETE' }, fault)
    await expect(ask('A')).rejects.toThrow(NOTE_A(String(zendesk.client('ci_bot').id)))
  })

  it('tells of the token where its id is not known', async () => {
    failing({ kind: 'reply', status: 201, body: {} })
    await expect(ask('A')).rejects.toThrow('may exist since 12:00 UTC')
    expect(zendesk.requests).toHaveLength(1)
    session.close()
    zendesk.clearFaults()
    failing(withoutToken('access_token'))
    await expect(ask('C')).rejects.toThrow(NOTE_C)
  })

  it('tells of the first token where one was lost before', async () => {
    failing([{ kind: 'lose-reply' }, { kind: 'empty', status: 201 }])
    await expect(ask('C')).rejects.toThrow('something that cannot be used')
    expect(stage.all('warning')).toHaveLength(1)
    expect(zendesk.seen()).toEqual([`POST ${GRANT}`, `POST ${GRANT}`])
  })

  it('may be a page of something else', async () => {
    failing({ kind: 'html' })
    await expect(ask('A')).rejects.toThrow('There is no Zendesk API at this address')
    expect(zendesk.seen()).toEqual([`POST ${CREATE}`])
  })

  it('may be a token in a refusal', async () => {
    failing({ kind: 'reply', status: 400, body: { access_token: 'a-token-in-a-refusal' } })
    await expect(ask('C')).rejects.toThrow('Zendesk refused the request')
  })
})
