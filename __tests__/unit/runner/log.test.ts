import { expect, it } from '@jest/globals'
import { runnerLog as log } from '../../../src/runner/log.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

it('says each message in one safe line of its kind', () => {
  const hostile = 'one\ntwo ::set-output name=x::y ##[command]z'
  const safe = 'one two : :set-output name=x: :y ## [command]z'
  log.debug(hostile)
  log.info(hostile)
  log.warning(hostile)
  log.error(hostile)
  expect(runner.stdout).toEqual([`::debug::${safe}`, safe, `::warning::${safe}`, `::error::${safe}`])
})

it('masks a secret, and does not say it from then on', () => {
  log.mask('correct horse')
  log.info('The secret is correct horse.')
  expect(runner.stdout).toEqual(['::add-mask::correct horse', 'The secret is ***.'])
})
