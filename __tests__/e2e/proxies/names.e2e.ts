import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, NOTHING, published, retries } from '../../support/log-lines.ts'
import { runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
import { caFile, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'
import { NameServer } from './name-server.ts'

/* Main and post with real name servers. */

const HOST = 'acme.zendesk.com'
/** What the name server is asked about one host: its IPv4 and its IPv6 address. */
const ONE_LOOKUP = [HOST, HOST]

let zendesk: Zendesk
const nameServer = new NameServer()

beforeAll(async () => {
  await nameServer.start()
  zendesk = await mockZendesk({ tls: tls.good })
})

beforeEach(() => {
  zendesk.forget()
  nameServer.queries.length = 0
})

afterAll(() => nameServer.close())

function run(entry: 'main' | 'post', { inputs, env, ...more }: StepRun = {}): Promise<StepEnd> {
  const base = { 'base-url': `https://${HOST}:${zendesk.port}`, 'timeout-seconds': 20 }
  return runStep(entry, {
    inputs: clientCredentials(zendesk, { ...base, ...inputs }),
    env: { NODE_EXTRA_CA_CERTS: caFile, ...env },
    ...more
  })
}

describe('main, if the name server', () => {
  // The resolver of the system counts this time, so it is spent.
  it('responds after 2.5 s, mints a token', async () => {
    nameServer.find = () => setTimeout(2500, '127.0.0.1')
    expect(await run('main')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('does not know the host, tries five times and names the host', async () => {
    nameServer.find = () => 'unknown'
    const ended = await run('main')
    expect(errorOf(ended)).toMatch(/not found \(DNS\).*`subdomain`.*: ENOTFOUND\.$/)
    expect(retries(ended)).toHaveLength(4)
  })

  it('fails once, tries again and mints a token', async () => {
    nameServer.find = () => 'failed'
    const hold = scratch('hold')
    const onLine = (line: string): void => {
      if (!line.includes('attempt 2')) return
      nameServer.find = () => '127.0.0.1'
      writeFileSync(hold, '')
    }
    const ended = await run('main', { hold, onLine })
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(retries(ended)).toEqual([expect.stringContaining('EAI_AGAIN; attempt 2 of 5')])
  })
})

/*
 * The resolver asks again after 30 s (see run.ts), so a second look-up shows a process that waited for it.
 */
const withExecve = 'execve' in process ? describe : describe.skip
withExecve('if the name server never responds', () => {
  it.each([
    ['the phase', {}, [/look/i, HOST]],
    ['the proxy', { https_proxy: `http://${HOST}:3128` }, [/look/i, '`https_proxy`', `${HOST}:3128`]]
  ])('main ends with an error that names %s', async (_what, env, words) => {
    const error = errorOf(await run('main', { ...silence(), env }))
    for (const word of words) expect(error).toMatch(word)
    expect(error).not.toContain('status.zendesk.com')
    expect(nameServer.queries).toEqual(ONE_LOOKUP)
  })

  it('main ends when it is cancelled', async () => {
    let cancel = (): unknown => undefined
    const onStart: StepRun['onStart'] = ({ kill }) => void (cancel = () => kill('SIGINT'))
    expect(errorOf(await run('main', { ...silence(() => cancel()), onStart }))).toMatch(/cancelled/)
    expect(nameServer.queries).toEqual(ONE_LOOKUP)
  })

  it('post ends with its warning', async () => {
    nameServer.find = () => '127.0.0.1'
    const { state } = await run('main')
    const ended = await run('post', { state, ...silence() })
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(annotated(ended)).toEqual([
      expect.stringMatching(/^::warning::Could not revoke token \d+: .*look/i)
    ])
    expect(nameServer.queries).toEqual(ONE_LOOKUP)
  })
})

/** Silences the name server. The time of the step stands still until it has asked, or until `asked` ends that. */
function silence(asked?: () => void): StepRun {
  const hold = scratch('hold')
  const release = (): void => writeFileSync(hold, '')
  nameServer.queries.length = 0
  nameServer.find = () => {
    if (nameServer.queries.length === ONE_LOOKUP.length) (asked ?? release)()
    return 'silent'
  }
  return { noNames: true, hold }
}

/** The one error of main, which minted nothing. */
function errorOf(ended: StepEnd): string {
  expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(ended)).toEqual(NOTHING)
  expect(annotated(ended)).toHaveLength(1)
  return annotated(ended)[0]!
}
