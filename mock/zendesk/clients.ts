import type { Account } from './account.ts'
import { authorized, authorizedAdmin } from './authentication.ts'
import { page } from './pages.ts'
import { type MockRequest, isObject, json, parsed, refusals, type MockResponse } from './responses.ts'
import type { ClientSeed } from './seeds.ts'

/** `GET /api/v2/oauth/clients` */
export function listClients(request: MockRequest, account: Account): MockResponse {
  authorizedAdmin(account, request, 'read')
  return clientPage(request, account.clients)
}

/** `GET /api/v2/users/me/oauth/clients` */
export function listOwnClients(request: MockRequest, account: Account): MockResponse {
  const { user } = authorized(account, request, 'read')
  return clientPage(
    request,
    account.clients.filter(({ userId }) => userId === user.id)
  )
}

/** `POST /api/v2/oauth/clients`: shows the secret in full, this once. */
export function createClient(request: MockRequest, account: Account): MockResponse {
  const { user } = authorizedAdmin(account, request, 'write')
  const body = parsed(request.body)
  const wanted = isObject(body) ? body['client'] : undefined
  if (!isObject(wanted)) throw refusals.malformed('client is missing')
  const { name, identifier, kind = 'public' } = wanted
  if (typeof name !== 'string' || name === '') throw refusals.invalid('name', 'Name: cannot be blank')
  if (typeof identifier !== 'string' || !/^[\w-]+$/.test(identifier))
    throw refusals.invalid('identifier', 'Identifier: is invalid')
  if (account.clients.some((client) => client.identifier === identifier))
    throw refusals.invalid('identifier', 'Identifier: has already been taken')
  if (kind !== 'public' && kind !== 'confidential') throw refusals.invalid('kind', 'Kind: is invalid')
  const client: ClientSeed = {
    id: account.nextId(),
    identifier,
    kind,
    userId: user.id,
    tokenLifetime: 1800,
    ...(kind === 'confidential' && { secret: account.newSecret() })
  }
  account.clients.push(client)
  return json(201, { client: { ...shown(client), name, secret: client.secret ?? null } })
}

/** `PUT /api/v2/oauth/clients/{id}/generate_secret`: shows the new secret in full, and ends the old one at once. */
export function generateSecret(request: MockRequest, account: Account): MockResponse {
  authorizedAdmin(account, request, 'write')
  const client = account.clients.find(({ id }) => id === Number(request.params[0]))
  if (!client) throw refusals.noRecord()
  client.secret = account.newSecret()
  return json(200, { client: { ...shown(client), secret: client.secret } })
}

function clientPage(request: MockRequest, clients: readonly ClientSeed[]): MockResponse {
  const records = clients.toSorted((left, right) => left.id - right.id)
  return page(request, 'clients', records, shown)
}

function shown(client: ClientSeed): object {
  return {
    id: client.id,
    identifier: client.identifier,
    name: client.identifier,
    kind: client.kind,
    user_id: client.userId,
    url: `https://acme.zendesk.com/api/v2/oauth/clients/${client.id}.json`,
    // Lists give only the beginning of a secret.
    secret: client.secret?.slice(0, 10) ?? null,
    redirect_uri: []
  }
}
