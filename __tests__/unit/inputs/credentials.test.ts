import { expect, it } from '@jest/globals'
import { rereadCredential } from '../../../src/inputs/credentials.ts'
import { reusableSecret } from '../../../src/zendesk/credential.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()

it('rereadCredential reads the credential of this kind again, whatever else is set or missing', () => {
  const admin = {
    email: 'ada@acme.example',
    'api-token': 'the-api-token',
    'access-token': 'the-access-token'
  }
  const method = 'token-endpoint-auth-method'
  runner.inputs({ ...admin, 'client-secret': 'the-client-secret', [method]: 'client_secret_basic' })
  const kinds = ['api_token', 'access_token', 'client_credentials'] as const
  expect(kinds.map((kind) => reusableSecret(rereadCredential(kind, 'client_secret_post')))).toEqual([
    `Basic ${Buffer.from('ada@acme.example/token:the-api-token').toString('base64')}`,
    'Bearer the-access-token',
    'the-client-secret'
  ])
  // How the secret is sent is in the state.
  const authMethod = 'client_secret_post'
  expect(rereadCredential('client_credentials', authMethod)).toMatchObject({ authMethod })
  runner.inputs({ 'authorization-code': 'the-code-1' })
  expect(reusableSecret(rereadCredential('client_credentials', 'client_secret_post'))).toBe('')
})
