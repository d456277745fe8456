import { describe, expect, it } from '@jest/globals'
import { isRevoked } from '../../src/publish-token.ts'
import { readMintInputs } from '../../src/inputs/inputs.ts'
import { readMintReply } from '../../src/zendesk/token-response.ts'
import { setStage } from './runner-env.ts'

const stage = setStage()
const account = { subdomain: 'acme', 'client-id': 'ci_bot' }
const A = { ...account, email: 'ada@acme.example', 'api-token': 'the-api-token' }
const C = { ...account, 'client-secret': 'the-client-secret' }
const E = { ...account, 'refresh-token': 'the-refresh-token' }
const pair = { refresh_token: 'the-next-refresh-token' }

describe('isRevoked', () => {
  it.each([
    ['auto', E, {}, true],
    ['auto', E, pair, false],
    ['auto', A, { token: pair }, true],
    ['true', A, {}, false],
    ['true', E, pair, false],
    ['false', A, {}, true],
    ['false', E, pair, true],
    ['auto', C, pair, true]
  ])('with skip-token-revoke %s, inputs %j and reply %j is %p', (skip, given, json, expected) => {
    stage.inputs({ ...given, 'skip-token-revoke': skip })
    const inputs = readMintInputs()
    expect(isRevoked(inputs, readMintReply(json, inputs.credential))).toBe(expected)
  })
})
