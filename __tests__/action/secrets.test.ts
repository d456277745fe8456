import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { annotated, count, masks, shown } from '../support/log-lines.ts'
import { mainThenPost, runStep, type StepEnd } from '../support/run-action.ts'
import { connectProxy } from '../support/servers.ts'
import {
  ANY_DELETION,
  at,
  clientCredentials,
  edited,
  GRANT,
  type Inputs,
  mockZendesk,
  REDIRECT_URI
} from '../support/zendesk.ts'

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

const refusal = (body: object, status = 400): Fault => ({ kind: 'response', status, body })
const described = (error_description: string): Fault => refusal({ error: 'x', error_description })

/** Runs main, whose mint gets this response, and which fails with one error. */
async function mainWith(fault: Fault, inputs: Inputs = {}): Promise<StepEnd> {
  const zendesk = await mockZendesk()
  zendesk.fault({ path: GRANT }, [fault])
  const main = await runStep('main', {
    inputs: at(zendesk, { 'client-secret': SECRET, 'job-summary': 'true', ...inputs }),
    timeoutMs: 60_000
  })
  expect(main).toMatchObject({ exitCode: 1, timedOut: false, stderr: '' })
  expect(count(main, 'error')).toBe(1)
  return main
}

const [HEAD, TAIL] = [SECRET.slice(0, 13), SECRET.slice(13)]
const [BEGINNING, END] = [SECRET.slice(0, -1), SECRET.slice(1)]
const [HOST, UPPER] = [SECRET.slice(0, 15).replaceAll(/[^\w-]/g, ''), SECRET.toUpperCase()]

describe('main does not show a secret that a response repeats', () => {
  it.concurrent.each<[string, Fault]>([
    ['whole', described(`bad ${SECRET}!`)],
    ['a run of 12 characters', described(SECRET.slice(5, 5 + RUN))],
    ['in two parts, in two fields', refusal({ error: HEAD, error_description: TAIL })],
    ['in two parts, in two fields of an object', refusal({ error: { title: HEAD, message: TAIL } })],
    ['in upper case, without its ends', described(UPPER.slice(2, -2))],
    ['with letters that do not show in each gap', described(SECRET.split('').join('\ufe0f\u3164'))],
    ['as the name of a field', refusal({ error: 'x', details: { [BEGINNING]: [{ description: END }] } })],
    ['in a list of errors', refusal({ errors: [{ code: BEGINNING, title: END, detail: UPPER }] })],
    ['behind 2 kB of other text', described(`${'filler '.repeat(285)}${BEGINNING}`)],
    ['in a redirect', { kind: 'redirect', location: `https://${HOST}.example/${SECRET}` }],
    ['in its id', { kind: 'response', status: 400, headers: { 'x-request-id': BEGINNING } }]
  ])('%s', async (_how, fault) => {
    expect(leaked(await mainWith(fault), SECRET)).toEqual([])
  })

  it.concurrent('nor does post the new token: without its last character, and in two parts', async () => {
    const zendesk = await mockZendesk()
    const { main, post } = await mainThenPost(zendesk, {
      between: ({ outputs: { token = '' } }) => {
        zendesk.fault(
          ANY_DELETION,
          refusal({ error: token.slice(0, 40), description: token.slice(30, -1) }, 403)
        )
        zendesk.fault(
          { path: GRANT },
          refusal({ error: token.toUpperCase(), error_description: token.slice(1) })
        )
      }
    })
    expect(leaked(post, main.outputs['token']!)).toEqual([])
    expect(count(post, 'warning')).toBe(1)
  })

  it.concurrent('but shows a text that has fewer than 12 characters of it', async () => {
    const words = `You are missing the required thing ${SECRET.slice(0, RUN - 1)}`
    expect(annotated(await mainWith(described(words)))[0]).toContain(words)
  })
})

describe('a megabyte of hostile text takes linear time to clean, and not minutes', () => {
  const size = 1_000_000
  it.each(['<', '</', '::', '##[', ' ', SECRET.slice(0, RUN - 1), SECRET])(
    '%j again and again',
    async (text) => {
      const main = await mainWith(described(text.repeat(Math.floor((size - 100) / text.length))))
      expect(leaked(main, SECRET)).toEqual([])
      expect(annotated(main)[0]!.length).toBeLessThan(1500)
    }
  )

  it.concurrent('"<" again and again in a web page, as the response to each request of post', async () => {
    const zendesk = await mockZendesk()
    const page = { text: '<'.repeat(size), headers: { 'Content-Type': 'text/html' } }
    const { post } = await mainThenPost(zendesk, {
      between: () => zendesk.fault({}, { kind: 'response', status: 403, ...page }),
      postRun: { timeoutMs: 60_000 }
    })
    expect(count(post, 'warning')).toBe(1)
  })
})

describe('main masks nothing that can be no secret:', () => {
  it.concurrent.each<[string, number, Inputs, Fault]>([
    [
      'the access token abcdefg in a response',
      1,
      {},
      edited((body) => ({ ...body, access_token: 'abcdefg' }))
    ],
    ['the refresh token abc in a response', 0, {}, edited((body) => ({ ...body, refresh_token: 'abc' }))],
    ['a short input', 1, { 'client-secret': '', 'access-token': 'abcdefg' }, { kind: 'pass' }],
    ['an input with a control character', 1, { 'client-secret': 'a-long\u0007-secret' }, { kind: 'pass' }]
  ])('%s', async (_what, exitCode, inputs, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, fault)
    const code = zendesk.authorize({ client: 'ci_bot', redirectUri: REDIRECT_URI, scope: 'read write' })
    const grant =
      'client-secret' in inputs ? {} : { 'authorization-code': code, 'redirect-uri': REDIRECT_URI }
    const main = await runStep('main', { inputs: clientCredentials(zendesk, { ...grant, ...inputs }) })
    expect(main.exitCode).toBe(exitCode)
    expect(main.outputs).not.toHaveProperty('token', 'abcdefg')
    expect(masks(main).filter((mask) => mask.length < 8 || mask.includes('\u0007'))).toEqual([])
  })

  it.concurrent('a password of a proxy with 3 characters', async () => {
    const { host, port } = await connectProxy(0, () => 403)
    const main = await runStep('main', {
      inputs: { subdomain: 'acme', 'client-id': 'ci_bot', 'client-secret': SECRET },
      env: { https_proxy: `http://ci:abc@${host}:${port}` }
    })
    expect(masks(main)).toEqual([SECRET])
  })
})

describe('main masks first, and does not show,', () => {
  const swapped = 'Ab1'.repeat(20)
  it.concurrent.each<[string, Inputs, string]>([
    ['a secret in quotes, and its inside', { 'client-secret': `‘${SECRET}’` }, SECRET],
    ['a secret with an invisible character', { 'client-secret': `${HEAD}\u200b${TAIL}` }, SECRET],
    ['a client id that looks like a secret', { 'client-id': swapped, 'client-secret': 'ci_bot' }, swapped]
  ])('%s', async (_what, inputs, mask) => {
    const main = await mainWith({ kind: 'pass' }, inputs)
    expect(masks(main)).toContain(mask)
    expect(leaked(main, mask)).toEqual([])
    expect(main.stdout.map((line) => line.startsWith('::add-mask::')).lastIndexOf(true)).toBe(
      masks(main).length - 1
    )
  })
})
