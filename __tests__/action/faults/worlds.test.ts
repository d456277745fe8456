import { beforeAll, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { contradictions, Ends } from './worlds/invariants.ts'
import { describeStory, runWorld } from './worlds/run.ts'
import { worlds, type World } from './worlds/world.ts'
import { WorldServer } from './worlds/zendesk.ts'

/*
 * Main and post of dist/ run in random worlds. The mock knows which tokens are active, and every world has to agree
 * with the same rules (worlds/invariants.ts). `npm test` runs the same worlds each time; FULL=1 runs many more, others
 * each day. A failure prints how to run its world again.
 */

const { env } = process
const isFull = env['FULL'] !== undefined
const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
const SEED = Number(env['SEED'] ?? (isFull ? today : 20_261_128))
const WORLDS = Number(env['WORLDS'] ?? (isFull ? 6000 : 500))
/** The path of one world in fast-check's tree, to run it alone. */
const PATH = env['WORLD']

jest.setTimeout(isFull ? 1_200_000 : 240_000)

const server = new WorldServer()
beforeAll(() => server.start())

it('in every world, main and post keep their promises', async () => {
  const ends = new Ends()
  let requests = 0
  const inWorld = async (world: World): Promise<void> => {
    const story = await runWorld(world, server)
    requests += story.zendesk.exchanges.length
    ends.count(story)
    const found = contradictions(story)
    if (found.length > 0) throw new Error([...found, describeStory(story)].join('\n'))
  }
  const parameters = { seed: SEED, numRuns: WORLDS, ...(PATH !== undefined && { path: PATH }) }
  const { failed, numRuns, ...result } = await fc.check(fc.asyncProperty(worlds, inWorld), parameters)
  if (failed) {
    const { counterexample, counterexamplePath, errorInstance } = result
    const again = `SEED=${SEED} WORLD=${counterexamplePath ?? ''} npm run test:only -- worlds`
    const message = `World ${numRuns} of seed ${SEED} breaks a rule. Run it again: ${again}`
    throw new Error(
      [message, (errorInstance as Error).message, JSON.stringify(counterexample?.[0])].join('\n')
    )
  }
  process.stdout.write(
    `worlds: ${numRuns} worlds, ${requests} requests, ${ends.holes} in the documented hole (seed ${SEED})\n`
  )
  if (PATH === undefined) expect(ends.missing).toEqual(new Set())
})
