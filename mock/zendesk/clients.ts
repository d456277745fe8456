import { type Account } from './account.ts'
import { authorizedAdmin } from './authentication.ts'
import { page } from './pages.ts'
import { json, member, refusals, type MockRequest, type MockResponse } from './responses.ts'
import { type ClientSeed } from './seeds.ts'

/** `GET /api/v2/oauth/clients` */
export function listClients(request: MockRequest, account: Account): MockResponse {
  authorizedAdmin(account, request, 'read')
  const records = account.clients.toSorted((left, right) => left.id - right.id)
  return page(request, 'clients', records, shown)
}

/** `POST /api/v2/oauth/clients`: its response is the only one with the whole secret. */
export function createClient(request: MockRequest, account: Account): MockResponse {
  const { user } = authorizedAdmin(account, request, 'write')
  const wanted = member(request, 'client')
  const { identifier } = wanted
  if (typeof identifier !== 'string' || account.clients.some((client) => client.identifier === identifier)) {
    throw refusals.invalid('identifier', 'Identifier: is missing or has already been taken')
  }
  const client: ClientSeed = {
    id: account.nextId(),
    identifier,
    kind: wanted['kind'] === 'confidential' ? 'confidential' : 'public',
    userId: user.id,
    tokenLifetime: 1800
  }
  if (client.kind === 'confidential') client.secret = account.newSecret()
  account.clients.push(client)
  return json(201, { client: { ...shown(client), secret: client.secret ?? null } })
}

/** `PUT /api/v2/oauth/clients/{id}/generate_secret`: the old secret no longer works. */
export function generateSecret(request: MockRequest, account: Account): MockResponse {
  authorizedAdmin(account, request, 'write')
  const client = account.clients.find(({ id }) => id === Number(request.params[0]))
  if (!client) throw refusals.noRecord()
  client.secret = account.newSecret()
  return json(200, { client: { ...shown(client), secret: client.secret } })
}

function shown(client: ClientSeed): object {
  return {
    id: client.id,
    identifier: client.identifier,
    name: client.identifier,
    kind: client.kind,
    user_id: client.userId,
    url: `https://acme.zendesk.com/api/v2/oauth/clients/${client.id}.json`,
    // Lists have only the beginning of a secret.
    secret: client.secret?.slice(0, 10) ?? null,
    redirect_uri: []
  }
}
