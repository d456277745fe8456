import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../mock/runner.ts'
import { type Fault } from '../../mock/zendesk.ts'
import { at, cancelAtLine, cancelDuring, credentials, sandbox } from '../support/fixtures.ts'
import {
  defaultScopes,
  LOST_RESPONSE,
  mintedLine,
  NOTHING_MINTED,
  retryLine,
  revokedLine
} from '../support/log-lines.ts'
import { annotated, mainAndPost, NOON, preloaded, root, said } from '../support/run-action.ts'

const MINT = '/oauth/tokens'
const CURRENT = '/api/v2/oauth/tokens/current'

function tooMany(retryAfter?: string): Fault {
  return {
    kind: 'reply',
    status: 429,
    headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter }
  }
}

describe('a rate limit', () => {
  it.concurrent.each([
    ['seconds', '7', '7.0'],
    ['a date', new Date(NOON + 9000).toUTCString(), '9.0'],
    ['no time at all', '0', '1.0']
  ])('that asks for %s is waited out, without an annotation', async (_what, retryAfter, waits) => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, [tooMany(retryAfter)])
    const { main } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0 }
    })
    expect(said(main)[1]).toBe(retryLine('POST /oauth/tokens: 429', 2, waits, true))
    expect(annotated(main)).toEqual([])
    expect(main).toMatchObject({ exitCode: 0, stderr: '' })
    expect(zendesk.seen().slice(0, 3)).toEqual([`POST ${MINT}`, `POST ${MINT}`, `GET ${CURRENT}`])
    expect(zendesk.requests.slice(0, 3).map(({ connection }) => connection)).toEqual([1, 2, 2])
  })

  it.concurrent(
    'may ask for that more often than a failure is tried, and is spread by up to a quarter',
    async () => {
      const zendesk = await sandbox()
      zendesk.fault({ path: MINT, count: 7 }, tooMany('4'))
      const { main } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
        preload: { random: 0.999 }
      })
      expect(said(main).slice(1, 8)).toEqual(
        Array.from({ length: 7 }, (_, wait) => retryLine('POST /oauth/tokens: 429', wait + 2, '5.0', true))
      )
      expect(main.exitCode).toBe(0)
    }
  )

  it.concurrent('ends the step at once, with the value, where the wait does not fit', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, tooMany('61'))
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), 'timeout-seconds': 60 })
    )
    expect(said(main).slice(1)).toEqual([
      `::error::Could not mint a token: Zendesk limits the rate of requests. It asks to wait 61 s, more than this step has left. Start fewer jobs at once, or raise \`timeout-seconds\`. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 429.`
    ])
    expect(main).toMatchObject({ exitCode: 1, outputs: {}, state: {}, stderr: '' })
    expect(said(post)).toEqual([NOTHING_MINTED])
    expect(zendesk.requests).toHaveLength(1)
  })
})

describe('a failure', () => {
  it.concurrent('is tried five times in all, each with one line, and a longer wait each time', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, { kind: 'reply', status: 503, body: { error: 'Unavailable' } })
    const { main } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0.5 }
    })
    expect(said(main).slice(1)).toEqual([
      retryLine('POST /oauth/tokens: 503', 2, '0.3'),
      retryLine('POST /oauth/tokens: 503', 3, '0.5'),
      retryLine('POST /oauth/tokens: 503', 4, '1.0'),
      retryLine('POST /oauth/tokens: 503', 5, '2.0'),
      `::error::Could not mint a token: Zendesk is unavailable. See https://status.zendesk.com, and run the job again later. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 503 ("Unavailable").`
    ])
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 2, 3, 4, 5])
    expect(main.exitCode).toBe(1)
  })

  it.concurrent('that lost the reply of a mint adds one warning, however often it happens', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT, count: 2 }, { kind: 'lose-reply' })
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0 }
    })
    const { value } = zendesk.tokens.get(22_000_000_004)!
    expect(said(main).slice(1)).toEqual([
      retryLine('POST /oauth/tokens: connection broke (ECONNRESET)', 2, '0.0'),
      retryLine('POST /oauth/tokens: connection broke (ECONNRESET)', 3, '0.0'),
      `::add-mask::${value}`,
      '::warning::Up to 2 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and `sweep` removes them.',
      defaultScopes(),
      mintedLine(22_000_000_004, 'read write')
    ])
    expect(main.exitCode).toBe(0)
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_004))
    expect(zendesk.living().map(({ id }) => id)).toEqual([22_000_000_002, 22_000_000_003])
  })

  it.concurrent(
    'that lost the reply to a refresh token explains the invalid_grant that follows',
    async () => {
      const zendesk = await sandbox()
      const code = zendesk.authorize({ client: 'ci_bot', redirectUri: 'https://app.example/' })
      const { main: first } = await mainAndPost(
        at(zendesk, {
          ...credentials.clientCredentials(zendesk),
          'authorization-code': code,
          'redirect-uri': 'https://app.example/'
        })
      )
      zendesk.fault({ path: MINT, count: 1 }, { kind: 'lose-reply' })
      const { main } = await mainAndPost(
        at(zendesk, {
          ...credentials.clientCredentials(zendesk),
          'refresh-token': first.outputs['refresh-token']!
        }),
        { preload: { random: 0 } }
      )
      const errors = annotated(main).filter((line) => line.startsWith('::error::'))
      expect(errors).toHaveLength(1)
      expect(errors[0]).toContain('(invalid_grant)')
      expect(errors[0]).toContain('The first attempt got no response and was probably carried out.')
      expect(annotated(main)).toEqual([`::warning::${LOST_RESPONSE}`, ...errors])
    }
  )

  it.concurrent.each<[string, Fault]>([
    ['a page of HTML', { kind: 'html' }],
    ['an empty body', { kind: 'empty' }],
    ['a body that breaks off', { kind: 'close-mid-body', after: true }],
    ['a body that never ends', { kind: 'huge' }],
    ['no HTTP', { kind: 'garbage' }],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/oauth/tokens', status: 307 }]
  ])('of a mint with %s ends red, with exactly one error and no token', async (_what, fault) => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, fault)
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0 }
    })
    expect(annotated(main).filter((line) => line.startsWith('::error::'))).toHaveLength(1)
    expect(main).toMatchObject({ exitCode: 1, stderr: '', outputs: {}, state: {} })
    expect(post).toMatchObject({ exitCode: 0, stderr: '' })
    expect(new Set(zendesk.seen())).toEqual(new Set([`POST ${MINT}`]))
  })

  it.concurrent('of the check leaves the step green, and says that the token was not checked', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: CURRENT, count: 1 }, { kind: 'reply', status: 500 })
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)))
    const { value } = zendesk.tokens.get(22_000_000_002)!
    expect(said(main).slice(1)).toEqual([
      `::add-mask::${value}`,
      'The new token was not checked: Zendesk is unavailable (GET /api/v2/oauth/tokens/current: 500).',
      defaultScopes(),
      mintedLine(undefined, 'read write')
    ])
    expect(main.exitCode).toBe(0)
    expect(zendesk.seen().slice(2)).toEqual([`DELETE ${CURRENT}`, `GET ${CURRENT}`])
    expect(said(post).at(-1)).toBe(revokedLine())
  })

  it.concurrent('of the check by 401 is asked three times more, then red; post still revokes', async () => {
    const zendesk = await sandbox()
    zendesk.fault(
      { path: CURRENT, count: 4 },
      { kind: 'reply', status: 401, body: { error: 'invalid_token' } }
    )
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)))
    expect(annotated(main)).toHaveLength(1)
    expect(annotated(main)[0]).toMatch(/^::error::Could not use the new token: Zendesk rejected the token\. /)
    expect(main.exitCode).toBe(1)
    expect(main.outputs['token']).toBe(zendesk.tokens.get(22_000_000_002)!.value)
    expect(zendesk.seen().slice(0, 5)).toEqual([`POST ${MINT}`, ...Array<string>(4).fill(`GET ${CURRENT}`)])
    expect(said(post).at(-1)).toBe(revokedLine())
    expect(zendesk.living()).toEqual([])
  })
})

describe('the time of a step', () => {
  it.concurrent('ends a mint that gets no answer', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, { kind: 'stall' })
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), 'timeout-seconds': 5 })
    )
    expect(annotated(main)).toEqual([
      `::error::Could not mint a token: There was no response in time. A request has at most 30 s, and the step 5 s. See https://status.zendesk.com, or raise \`timeout-seconds\`. POST /oauth/tokens at 127.0.0.1:${zendesk.port}. ${LOST_RESPONSE}`
    ])
    expect(main).toMatchObject({ exitCode: 1, outputs: {}, stderr: '' })
    expect(post.exitCode).toBe(0)
  })

  it.concurrent('ends a revocation that gets no answer with the warning', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ method: 'DELETE' }, { kind: 'stall-mid-body' })
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), 'timeout-seconds': 5 })
    )
    expect(annotated(post)).toHaveLength(1)
    expect(annotated(post)[0]).toMatch(
      /^::warning::Could not revoke token 22000000002: There was no response in time .* It expires at 2026-11-21T13:00:00Z\. To revoke it manually, send DELETE /
    )
    expect(post).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it.concurrent('gives one request no more than 30 s', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, [{ kind: 'stall' }])
    const { main } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0 }
    })
    expect(said(main)[1]).toBe(retryLine('POST /oauth/tokens: timeout', 2, '0.0'))
    expect(main.exitCode).toBe(0)
  })
})

// Windows has no signals: a process that is sent one ends at once.
const onPosix = process.platform === 'win32' ? describe.skip : describe

onPosix.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it.concurrent.each(['apiToken', 'clientCredentials'] as const)(
    'while a mint with credential %s is under way keeps its token for post, then ends red',
    async (kind) => {
      const zendesk = await sandbox()
      const { main, post } = await mainAndPost(
        at(zendesk, {
          ...credentials[kind](zendesk),
          'client-id': kind === 'apiToken' ? 360_000_000_101 : 'ci_bot',
          'export-env': true
        }),
        cancelDuring(zendesk, { method: 'POST' }, signal, 'response late')
      )
      const { value } = zendesk.tokens.get(22_000_000_002)!
      expect(main.outputs['token']).toBe(value)
      expect(annotated(main)).toHaveLength(1)
      expect(said(main).at(-1)).toMatch(/^::error::.*the job was cancelled/i)
      expect(said(main).at(-2)).toBe(`::add-mask::${value}`)
      expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '', env: {} })
      expect(zendesk.seen().slice(0, 2)).toEqual([
        kind === 'apiToken' ? 'POST /api/v2/oauth/tokens' : `POST ${MINT}`,
        expect.stringMatching(/^DELETE /)
      ])
      expect(said(post).at(-1)).toMatch(/and verified that Zendesk rejects it\.$/)
      expect(zendesk.living()).toEqual([])
    }
  )

  it.concurrent('while a mint gets no answer waits 6 s for one', async () => {
    const zendesk = await sandbox()
    const { main, post } = await mainAndPost(
      at(zendesk, credentials.clientCredentials(zendesk)),
      cancelDuring(zendesk, { path: MINT }, signal, 'response lost')
    )
    expect(annotated(main)).toEqual([
      `::error::Could not mint a token: The job was cancelled. Nothing more was started. POST /oauth/tokens at 127.0.0.1:${zendesk.port}. ${LOST_RESPONSE}`
    ])
    expect(main.stdout.join('\n')).toContain('POST /oauth/tokens: cancelled after 6000 ms')
    expect(main).toMatchObject({ exitCode: 1, signal: null, outputs: {}, stderr: '' })
    expect(said(post)).toEqual([NOTHING_MINTED])
  })

  it.concurrent('while waiting ends the step at once', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: MINT }, tooMany('200'))
    const { main } = await mainAndPost(
      at(zendesk, credentials.clientCredentials(zendesk)),
      cancelAtLine(' as the response asks,', signal)
    )
    expect(annotated(main)).toHaveLength(1)
    expect(annotated(main)[0]).toMatch(/^::error::Could not mint a token: The job was cancelled\. /)
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    expect(zendesk.requests).toHaveLength(1)
  })

  it.concurrent('while the token is checked ends the step red; post revokes', async () => {
    const zendesk = await sandbox()
    const { main, post } = await mainAndPost(
      at(zendesk, credentials.clientCredentials(zendesk)),
      cancelDuring(zendesk, { path: CURRENT }, signal)
    )
    expect(annotated(main)).toHaveLength(1)
    expect(annotated(main)[0]).toMatch(/^::error::.*the job was cancelled/i)
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    expect(main.outputs['token']).toBe(zendesk.tokens.get(22_000_000_002)!.value)
    expect(said(post).at(-1)).toBe(revokedLine())
  })

  it.concurrent.each([
    ['DELETE', 1, /^::warning::Could not revoke token 22000000002: the job was cancelled\. /],
    [
      'GET',
      2,
      /^::warning::Revoked token 22000000002 \(Zendesk accepted the DELETE\), but .*: the job was cancelled\. /
    ]
  ])('while post waits for its %s prints the warning', async (method, nth, warning) => {
    const zendesk = await sandbox()
    const { onStart, preload } = cancelDuring(zendesk, { method }, signal, 'ignored', nth)
    const { post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      post: { onStart },
      postPreload: preload
    })
    expect(annotated(post)).toHaveLength(1)
    expect(annotated(post)[0]).toMatch(warning)
    expect(post).toMatchObject({ exitCode: 0, signal: null, stderr: '' })
  })
})

it.concurrent('a job that fails in a later step still revokes its token', async () => {
  const zendesk = await sandbox()
  const { steps } = await runJob(
    [
      { uses: root, with: at(zendesk, credentials.clientCredentials(zendesk)) },
      { run: ['node', '--eval', 'process.exit(3)'] },
      { uses: root, with: at(zendesk, credentials.clientCredentials(zendesk)) }
    ],
    { env: preloaded() }
  )
  expect(steps.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual([
    'main success',
    'run failure',
    'main skipped',
    'post success'
  ])
  expect(zendesk.living()).toEqual([])
})
