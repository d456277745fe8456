import fc from 'fast-check'

import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'

import { contradictions, endsOf } from './worlds/invariants.ts'
import { describeStory, runWorld } from './worlds/run.ts'
import { worlds, type World } from './worlds/world.ts'
import { startServer, type WorldServer } from './worlds/zendesk.ts'

/*
 * Main and post of dist/ run in random worlds. The mock knows which tokens are active, and every world has to agree
 * with the same rules (worlds/invariants.ts). `npm test` runs the same worlds each time; FULL=1 runs many more, others
 * each day. A failure prints how to run its world again.
 */

const { env } = process
const isFull = env['FULL'] !== undefined
const SEED = Number(
  env['SEED'] ?? (isFull ? new Date().toISOString().slice(0, 10).replaceAll('-', '') : 20_261_128)
)
const WORLDS = Number(env['WORLDS'] ?? (isFull ? 6000 : 500))
/** The path of one world in fast-check's tree, to run it alone. */
const PATH = env['WORLD']

/** How worlds have to end, some of them each way, so that the rules are about something. */
const ENDS = [
  'main is green',
  'main is red',
  'main is killed',
  'main cannot save the token',
  'a response to a mint is lost',
  'a token is revoked',
  'a token had expired',
  'a revocation cannot be verified',
  'a token cannot be revoked',
  'a token lacks the scopes to be revoked',
  'a token is left',
  'post has no state',
  'post cannot read its state',
  'post has other state',
  'a cleanup token is minted',
  'post is cancelled'
]

jest.setTimeout(isFull ? 1_200_000 : 240_000)

let server: WorldServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

it('in every world, main and post keep their promises', async () => {
  const met = new Map<string, number>()
  let requests = 0
  const inWorld = async (world: World): Promise<void> => {
    const story = await runWorld(world, server)
    requests += story.zendesk.exchanges.length
    for (const end of endsOf(story)) met.set(end, (met.get(end) ?? 0) + 1)
    const found = contradictions(story).map(({ rule, found }) => `${rule}: ${found}`)
    if (found.length > 0) throw new Error([...found, describeStory(story)].join('\n'))
  }
  const result = await fc.check(fc.asyncProperty(worlds, inWorld), {
    seed: SEED,
    numRuns: WORLDS,
    ...(PATH !== undefined && { path: PATH })
  })
  if (result.failed) {
    const { counterexample, counterexamplePath, errorInstance, numRuns } = result
    throw new Error(
      [
        `World ${numRuns} of seed ${SEED} breaks a rule. Run it again: SEED=${SEED} WORLD=${counterexamplePath ?? ''} npm run test:only -- worlds`,
        (errorInstance as Error).message,
        JSON.stringify(counterexample?.[0])
      ].join('\n')
    )
  }
  const holes = met.get('the documented hole') ?? 0
  process.stdout.write(
    `worlds: ${result.numRuns} worlds, ${requests} requests, ${holes} in the documented hole (seed ${SEED})\n`
  )
  if (PATH === undefined) expect([...met.keys()]).toEqual(expect.arrayContaining(ENDS))
})
