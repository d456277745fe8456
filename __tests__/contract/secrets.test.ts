import { describe, expect, it } from '@jest/globals'

import { parseCommand } from '../../mock/runner/commands.ts'
import { type Fault } from '../../mock/zendesk.ts'
import { connectProxy } from '../support/net.ts'
import {
  annotated,
  at,
  clientCredentials,
  count,
  credentials,
  edited,
  infoLines,
  mainThenPost,
  MINT,
  mockZendesk,
  runStep,
  shown,
  type StepEnd
} from './adapter.ts'

const SECRET = 'Qx7-canary_Zk4+Lm9/Wp2=Hs6'

/** The shortest run of a secret that must not be shown. */
const RUN = 12

/** What was masked. */
function masks({ stdout }: StepEnd): string[] {
  return stdout
    .map(parseCommand)
    .filter((command) => command?.name === 'add-mask')
    .map((command) => command!.data)
}

/** Every run of 12 characters of `secret`, in any case, that `step` shows outside of a mask. */
function leaked(step: StepEnd, secret: string): string[] {
  const text = shown(step).toLowerCase()
  return Array.from({ length: secret.length - RUN + 1 }, (_, start) =>
    secret.slice(start, start + RUN).toLowerCase()
  ).filter((part) => text.includes(part))
}

function refusal(body: unknown, status = 400): Fault {
  return { kind: 'response', status, body }
}

const half = Math.ceil(SECRET.length / 2)
const echoes: [string, unknown][] = [
  ['whole', { error: 'invalid_request', error_description: `bad ${SECRET}!` }],
  ['without its last character', { error: 'invalid_request', error_description: SECRET.slice(0, -1) }],
  ['without its first character', { error: 'invalid_request', error_description: SECRET.slice(1) }],
  ['in halves, in two fields', { error: SECRET.slice(0, half), error_description: SECRET.slice(half) }],
  [
    'in halves, in two fields of an object',
    { error: { title: SECRET.slice(0, half), message: SECRET.slice(half) } }
  ],
  ['in upper case', { error: 'invalid_request', error_description: SECRET.toUpperCase() }],
  ['in lower case', { error: 'invalid_request', error_description: SECRET.toLowerCase() }],
  ['in upper case, without its ends', { error: 'x', error_description: SECRET.toUpperCase().slice(2, -2) }],
  ['a run of 12 characters', { error: 'x', error_description: SECRET.slice(5, 5 + RUN) }],
  [
    'with a control character in each gap',
    { error: 'x', error_description: SECRET.split('').join('\u0000') }
  ],
  ['with a tag in each gap', { error: 'x', error_description: SECRET.split('').join('<b>') }],
  [
    'as the name of a field with details',
    { error: 'x', description: 'y', details: { [SECRET.slice(0, -1)]: [{ description: SECRET.slice(1) }] } }
  ],
  [
    'in a list of errors',
    { errors: [{ code: SECRET.slice(0, -1), title: SECRET.slice(1), detail: SECRET.toUpperCase() }] }
  ],
  [
    'behind 2 kB of other text',
    { error: 'x', error_description: `${'filler '.repeat(285)}${SECRET.slice(0, -1)}` }
  ]
]

describe('a secret that a response repeats is not shown', () => {
  it.concurrent.each(echoes)('%s', async (_how, body) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, refusal(body))
    const main = await runStep('main', {
      inputs: at(zendesk, { 'client-secret': SECRET, 'job-summary': 'true' })
    })
    expect(main).toMatchObject({ exitCode: 1, stderr: '' })
    expect(count(main, 'error')).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
  })

  it.concurrent('the new token, in post: without its last character, and in halves', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: ({ outputs: { token = '' } }) => {
        zendesk.fault(
          { method: 'DELETE' },
          refusal({ error: token.slice(0, 40), description: token.slice(30, -1) }, 403)
        )
        zendesk.fault(
          { path: MINT },
          refusal({ error: token.toUpperCase(), error_description: token.slice(1) })
        )
      }
    })
    expect(leaked(run.post, run.main.outputs['token']!)).toEqual([])
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('an authorization code, a verifier and a refresh token', async () => {
    const zendesk = await mockZendesk()
    const code = 'canary-of-a-code-0123456789'
    const verifier = 'verifier_0123456789-0123456789-0123456789-0123456789'
    zendesk.fault(
      { path: MINT },
      refusal({ error: code.slice(1), error_description: verifier.slice(0, -1).toUpperCase() })
    )
    const main = await runStep('main', {
      inputs: at(zendesk, {
        'authorization-code': code,
        'code-verifier': verifier,
        'redirect-uri': 'https://app.example/back'
      })
    })
    expect(main.exitCode).toBe(1)
    expect([...leaked(main, code), ...leaked(main, verifier)]).toEqual([])
  })

  it.concurrent('in a request id or a location', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(
      { path: MINT },
      {
        kind: 'response',
        status: 302,
        body: {},
        headers: {
          Location: `https://${SECRET.slice(0, 15).replaceAll(/[^\w-]/g, '')}.example/${SECRET}`,
          'x-request-id': SECRET.slice(0, -1)
        }
      }
    )
    const main = await runStep('main', { inputs: at(zendesk, { 'client-secret': SECRET }) })
    expect(main.exitCode).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
  })

  it.concurrent('a text without a secret is left as it is', async () => {
    const zendesk = await mockZendesk()
    const words = `You are missing the required thing ${SECRET.slice(0, RUN - 1)}`
    zendesk.fault({ path: MINT }, refusal({ error: 'invalid_request', error_description: words }))
    const main = await runStep('main', { inputs: at(zendesk, { 'client-secret': SECRET }) })
    expect(annotated(main)[0]).toContain(words)
  })
})

describe('hostile text takes linear time', () => {
  const size = 1_000_000
  const texts: [string, string][] = [
    ['<', '<'],
    ['<a', '<a'],
    ['</', '</'],
    ['::', '::'],
    ['##[', '##['],
    ['#', '#'],
    ['[', '['],
    ['blanks', ' '],
    ['line breaks', '\r\n'],
    ['the beginning of a secret', SECRET.slice(0, RUN - 1)],
    ['all of a secret but its end', SECRET.slice(0, -1)],
    ['a secret', SECRET],
    ['surrogates', '\ud83d']
  ]
  it.each(texts)('a megabyte of %s', async (_what, text) => {
    const zendesk = await mockZendesk()
    const long = text.repeat(Math.floor((size - 100) / JSON.stringify(text).length))
    zendesk.fault({ path: MINT }, refusal({ error: 'invalid_request', error_description: long }))
    const main = await runStep('main', {
      inputs: at(zendesk, { 'client-secret': SECRET }),
      // Minutes to hours if it is not linear.
      timeoutMs: 60_000
    })
    expect(main).toMatchObject({ exitCode: 1, timedOut: false, stderr: '' })
    expect(count(main, 'error')).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
    expect(annotated(main)[0]!.length).toBeLessThan(1500)
  })

  it.concurrent('a megabyte of < in the page of a gateway, to everything in post', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: () =>
        zendesk.fault(
          {},
          {
            kind: 'response',
            status: 403,
            text: '<'.repeat(size),
            headers: { 'Content-Type': 'text/html' }
          }
        ),
      postRun: { timeoutMs: 60_000 }
    })
    expect(count(run.post, 'warning')).toBe(1)
  })
})

describe('nothing shorter than 4 characters is masked', () => {
  it.concurrent.each(['e', '1', 'abc'])('a proxy password: %s', async (password) => {
    const zendesk = await mockZendesk()
    const proxy = await connectProxy(zendesk.port, () => 403)
    try {
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { 'base-url': 'https://acme.zendesk.com' }),
        env: { https_proxy: `http://ci:${password}@${proxy.host}:${proxy.port}` }
      })
      expect(main.exitCode).toBe(1)
      expect(masks(main).filter((mask) => mask.length < 4)).toEqual([])
    } finally {
      proxy.close()
    }
  })

  it.concurrent('a refresh token in a response: e', async () => {
    const zendesk = await mockZendesk()
    const redirectUri = 'https://app.example/back'
    const code = zendesk.authorize({ client: 'ci_bot', redirectUri, scope: 'read write' })
    zendesk.fault({ path: MINT }, [edited((body) => ({ ...body, refresh_token: 'e' }))])
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { 'authorization-code': code, 'redirect-uri': redirectUri })
    })
    expect(masks(main).filter((mask) => mask.length < 4)).toEqual([])
  })

  it.concurrent.each(['1', 'e', 'abc', 'abcdefg'])(
    'an access token in a response: %s, which is an error',
    async (value) => {
      const zendesk = await mockZendesk()
      zendesk.fault({ path: MINT }, [edited((body) => ({ ...body, access_token: value }))])
      const main = await runStep('main', { inputs: clientCredentials(zendesk) })
      expect(main.exitCode).toBe(1)
      expect(main.outputs).not.toHaveProperty('token')
      expect(masks(main).filter((mask) => mask.length < 4)).toEqual([])
    }
  )

  it.concurrent.each([
    ['client-secret', { 'client-secret': 'e' }],
    ['api-token', { email: 'ada@acme.example', 'api-token': '1' }],
    ['access-token', { 'access-token': 'abcdefg' }],
    ['client-secret with a control character', { 'client-secret': 'a-long-secret\u0007-with-a-bell' }]
  ])('nor what is refused: %s', async (_name, inputs) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: at(zendesk, inputs) })
    expect(main.exitCode).toBe(1)
    expect(masks(main)).toEqual([])
    expect(zendesk.requests).toEqual([])
  })
})

describe('masks come first', () => {
  it.concurrent.each(['"', "'"])('a secret in quotes (%s) is masked, and so is its inside', async (quote) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', {
      inputs: at(zendesk, { 'client-secret': `${quote}${SECRET}${quote}` })
    })
    expect(main.exitCode).toBe(1)
    expect(masks(main)).toContain(SECRET)
    expect(leaked(main, SECRET)).toEqual([])
    const firstLine = main.stdout.findIndex((line) => !line.startsWith('::add-mask::'))
    expect(main.stdout.slice(firstLine).some((line) => line.startsWith('::add-mask::'))).toBe(false)
  })

  it.concurrent('neither ids, nor the subdomain, nor the expiry are masked', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, { inputs: at(zendesk, credentials.apiToken(zendesk)) })
    const { outputs } = run.main
    const open = [
      'acme',
      zendesk.credentials.email,
      outputs['token-id'],
      outputs['user-id'],
      outputs['client-id'],
      outputs['expires-at'],
      outputs['base-url']
    ]
    expect([...masks(run.main), ...masks(run.post)].filter((mask) => open.includes(mask))).toEqual([])
    expect(infoLines(run.main).join('\n')).toContain(outputs['token-id'])
  })
})
