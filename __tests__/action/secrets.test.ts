import { describe, expect, it } from '@jest/globals'

import { type Fault } from '../../mock/zendesk.ts'
import { annotated, count, shown, masks } from '../support/log-lines.ts'
import { mainThenPost, runStep, type StepEnd } from '../support/run-action.ts'
import { connectProxy } from '../support/servers.ts'
import { at, clientCredentials, edited, GRANT, mockZendesk } from '../support/zendesk.ts'

const SECRET = 'Qx7-canary_Zk4+Lm9/Wp2=Hs6'

/** The shortest run of a secret that must not be shown. */
const RUN = 12

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

/** Runs main, whose mint gets this response. */
async function mainWith(fault: Fault, inputs: Record<string, string> = {}): Promise<StepEnd> {
  const zendesk = await mockZendesk()
  zendesk.fault({ path: GRANT }, [fault])
  return runStep('main', { inputs: at(zendesk, { 'client-secret': SECRET, ...inputs }), timeoutMs: 60_000 })
}

const half = Math.ceil(SECRET.length / 2)
const echoes: [string, unknown][] = [
  ['whole', { error: 'invalid_request', error_description: `bad ${SECRET}!` }],
  ['without its last character', { error: 'invalid_request', error_description: SECRET.slice(0, -1) }],
  ['without its first character', { error: 'invalid_request', error_description: SECRET.slice(1) }],
  ['in two parts, in two fields', { error: SECRET.slice(0, half), error_description: SECRET.slice(half) }],
  [
    'in two parts, in two fields of an object',
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
  [
    'with letters that do not show in each gap',
    { error: 'x', error_description: SECRET.split('').join('\ufe0f\u3164') }
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

describe('main does not show a secret that a response repeats', () => {
  it.concurrent.each(echoes)('%s', async (_how, body) => {
    const main = await mainWith(refusal(body), { 'job-summary': 'true' })
    expect(main).toMatchObject({ exitCode: 1, stderr: '' })
    expect(count(main, 'error')).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
  })

  it.concurrent('nor does post the new token: without its last character, and in two parts', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: ({ outputs: { token = '' } }) => {
        zendesk.fault(
          { method: 'DELETE' },
          refusal({ error: token.slice(0, 40), description: token.slice(30, -1) }, 403)
        )
        zendesk.fault(
          { path: GRANT },
          refusal({ error: token.toUpperCase(), error_description: token.slice(1) })
        )
      }
    })
    expect(leaked(run.post, run.main.outputs['token']!)).toEqual([])
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('an authorization code and its verifier', async () => {
    const code = 'canary-of-a-code-0123456789'
    const verifier = 'verifier_0123456789-0123456789-0123456789-0123456789'
    const echo = { error: code.slice(1), error_description: verifier.slice(0, -1).toUpperCase() }
    const main = await mainWith(refusal(echo), {
      'client-secret': '',
      'authorization-code': code,
      'code-verifier': verifier,
      'redirect-uri': 'https://app.example/back'
    })
    expect(main.exitCode).toBe(1)
    expect([...leaked(main, code), ...leaked(main, verifier)]).toEqual([])
  })

  it.concurrent('in the location of a redirect, and in the request id', async () => {
    const main = await mainWith({
      kind: 'response',
      status: 302,
      body: {},
      headers: {
        Location: `https://${SECRET.slice(0, 15).replaceAll(/[^\w-]/g, '')}.example/${SECRET}`,
        'x-request-id': SECRET.slice(0, -1)
      }
    })
    expect(main.exitCode).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
  })

  it.concurrent('but shows a text that has fewer than 12 characters of it', async () => {
    const words = `You are missing the required thing ${SECRET.slice(0, RUN - 1)}`
    const main = await mainWith(refusal({ error: 'invalid_request', error_description: words }))
    expect(annotated(main)[0]).toContain(words)
  })
})

describe('a megabyte of hostile text takes linear time to clean, and not minutes', () => {
  const size = 1_000_000
  const beginning = SECRET.slice(0, RUN - 1)
  const texts = ['<', '<a', '</', '::', '##[', '#', '[', ' ', '\r\n', beginning, SECRET.slice(0, -1), SECRET]
  it.each([...texts, '\ud83d'])('%j again and again', async (text) => {
    const long = text.repeat(Math.floor((size - 100) / JSON.stringify(text).length))
    const main = await mainWith(refusal({ error: 'invalid_request', error_description: long }))
    expect(main).toMatchObject({ exitCode: 1, timedOut: false, stderr: '' })
    expect(count(main, 'error')).toBe(1)
    expect(leaked(main, SECRET)).toEqual([])
    expect(annotated(main)[0]!.length).toBeLessThan(1500)
  })

  it.concurrent('"<" again and again in a web page, as the response to each request of post', async () => {
    const zendesk = await mockZendesk()
    const page = { text: '<'.repeat(size), headers: { 'Content-Type': 'text/html' } }
    const run = await mainThenPost(zendesk, {
      between: () => zendesk.fault({}, { kind: 'response', status: 403, ...page }),
      postRun: { timeoutMs: 60_000 }
    })
    expect(count(run.post, 'warning')).toBe(1)
  })
})

describe('main masks nothing shorter than 4 characters', () => {
  it.concurrent.each(['e', '1', 'abc'])('not the proxy password %s', async (password) => {
    const zendesk = await mockZendesk()
    const proxy = await connectProxy(zendesk.port, () => 403)
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { 'base-url': 'https://acme.zendesk.com' }),
      env: { https_proxy: `http://ci:${password}@${proxy.host}:${proxy.port}` }
    })
    expect(main.exitCode).toBe(1)
    expect(masks(main).filter((mask) => mask.length < 4)).toEqual([])
  })

  it.concurrent('not the refresh token e in a response', async () => {
    const zendesk = await mockZendesk()
    const redirectUri = 'https://app.example/back'
    const code = zendesk.authorize({ client: 'ci_bot', redirectUri, scope: 'read write' })
    zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, refresh_token: 'e' }))])
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { 'authorization-code': code, 'redirect-uri': redirectUri })
    })
    expect(main.exitCode).toBe(0)
    expect(masks(main).filter((mask) => mask.length < 4)).toEqual([])
  })

  it.concurrent.each(['1', 'e', 'abc', 'abcdefg'])(
    'not the access token %s in a response, which is an error',
    async (value) => {
      const zendesk = await mockZendesk()
      zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, access_token: value }))])
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
  ])('nor an input that cannot be a secret: %s', async (_name, inputs) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: at(zendesk, inputs) })
    expect(main.exitCode).toBe(1)
    expect(masks(main)).toEqual([])
    expect(zendesk.requests).toEqual([])
  })
})

describe('main masks first, and does not show,', () => {
  const swapped = 'Ab1'.repeat(20)
  it.concurrent.each<[string, Record<string, string>, string]>([
    ['a secret in double quotes, and its inside', { 'client-secret': `"${SECRET}"` }, SECRET],
    ['a secret in typographic quotes, and its inside', { 'client-secret': `‘${SECRET}’` }, SECRET],
    [
      'a secret without its invisible ends',
      { 'client-id': '', 'client-secret': `\u200b${SECRET}\ufeff` },
      SECRET
    ],
    [
      'a secret without the invisible character in it',
      { 'client-secret': `${SECRET.slice(0, 9)}\u200b${SECRET.slice(9)}` },
      SECRET
    ],
    ['a secret with white space in it', { 'client-secret': `${SECRET} ${SECRET}` }, `${SECRET} ${SECRET}`],
    ['a client id that looks like a secret', { 'client-id': swapped, 'client-secret': 'ci_bot' }, swapped]
  ])('%s', async (_what, inputs, mask) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: at(zendesk, inputs) })
    expect(main.exitCode).toBe(1)
    expect(masks(main)).toContain(mask)
    expect(leaked(main, mask)).toEqual([])
    const firstLine = main.stdout.findIndex((line) => !line.startsWith('::add-mask::'))
    expect(main.stdout.slice(firstLine).some((line) => line.startsWith('::add-mask::'))).toBe(false)
  })
})
