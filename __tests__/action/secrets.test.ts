import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { annotated, count, shown } from '../support/log-lines.ts'
import { mainThenPost, runStep, type StepEnd } from '../support/run-action.ts'
import { at, GRANT, mockZendesk } from '../support/zendesk.ts'

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

const refusal = (body: object): Fault => ({ kind: 'response', status: 400, body })
const described = (error_description: string): Fault => refusal({ error: 'x', error_description })

/** Runs main, whose mint gets this response, and which fails with one error. */
async function mainWith(fault: Fault): Promise<StepEnd> {
  const zendesk = await mockZendesk()
  zendesk.fault({ path: GRANT }, [fault])
  const main = await runStep('main', {
    inputs: at(zendesk, { 'client-secret': SECRET, 'job-summary': 'true' }),
    timeoutMs: 60_000
  })
  expect(main).toMatchObject({ exitCode: 1, timedOut: false, stderr: '' })
  expect(count(main, 'error')).toBe(1)
  return main
}

const [HEAD, TAIL] = [SECRET.slice(0, 13), SECRET.slice(13)]
const [BEGINNING, END] = [SECRET.slice(0, -1), SECRET.slice(1)]

/** A secret that a response repeats as a whole, in many encodings, is in `faults/leaks.test.ts`. */
describe('main does not show a secret that a response repeats in part:', () => {
  it.concurrent.each<[string, Fault]>([
    ['in two parts, in two fields', refusal({ error: HEAD, error_description: TAIL })],
    ['as the name of a field', refusal({ error: 'x', details: { [BEGINNING]: [{ description: END }] } })],
    ['in a list of errors', refusal({ errors: [{ code: BEGINNING, title: END, detail: SECRET }] })],
    ['behind 2 kB of other text', described(`${'filler '.repeat(285)}${BEGINNING}`)],
    ['in its id', { kind: 'response', status: 400, headers: { 'x-request-id': BEGINNING } }]
  ])('%s', async (_how, fault) => {
    expect(leaked(await mainWith(fault), SECRET)).toEqual([])
  })
})

describe('a megabyte of hostile text takes linear time to clean, and not minutes', () => {
  const size = 1_000_000
  const texts = ['<', '</', '::', '##[', ' ', SECRET.slice(0, RUN - 1), SECRET]
  it.each(texts)('%j again and again', async (text) => {
    const main = await mainWith(described(text.repeat(Math.floor((size - 100) / text.length))))
    expect(leaked(main, SECRET)).toEqual([])
    expect(annotated(main)[0]!.length).toBeLessThan(1500)
  })

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
