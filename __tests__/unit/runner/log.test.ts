import { describe, expect, it } from '@jest/globals'
import { runnerLog as log } from '../../../src/runner/log.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()

describe('runnerLog', () => {
  it('writes each message as one safe line of its kind', () => {
    const hostile = '::set-output name=x::y\nat [::1] ##[command]z'
    const safe = ': :set-output name=x::y at [::1] ## [command]z'
    log.debug(hostile)
    log.info(hostile)
    log.warning(hostile)
    log.error(hostile)
    expect(runner.stdout).toEqual([`::debug::${safe}`, safe, `::warning::${safe}`, `::error::${safe}`])
  })

  it('masks a secret, and does not show it from then on, unless it is shorter than 4 characters', () => {
    log.mask('cor')
    log.mask('correct horse')
    log.info('The secret is correct horse.')
    expect(runner.stdout).toEqual(['::add-mask::correct horse', 'The secret is ***.'])
  })
})
