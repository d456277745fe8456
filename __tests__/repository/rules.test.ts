import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../src/lib/secret.ts'
import { PURPOSES } from '../../src/report/errors.ts'
import { type Operation, type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import * as requests from '../../src/zendesk/requests.ts'
import * as rules from '../../src/zendesk/revocation-rules.ts'
import { read } from './files.ts'

/* The tables of the documents that repeat what the code decides or sends. */

/** The cells of the tables below a heading, without the lines below their heads. */
function tablesIn(path: string, heading: string): string[][][] {
  const [, section = ''] = read(path).replaceAll('\r', '').split(`\n## ${heading}\n`)
  const tables = section.split('\n## ')[0]!.match(/(?:^\|.*\n)+/gm) ?? []
  return tables.map((table) => {
    const rows = table.trim().split('\n')
    rows.splice(1, 1)
    return rows.map((row) => row.split(/ *\| */).slice(1, -1))
  })
}

describe('docs/how-it-works.md', () => {
  const ruleTable = (title: string, rule: Record<string, Record<string, string>>): string[][] => {
    const columns = Object.keys(Object.values(rule)[0] ?? {})
    const rows = Object.entries(rule).map(([name, cells]) => [name, ...columns.map((each) => cells[each]!)])
    return [[title, ...columns], ...rows]
  }

  it('prints the rules of revocation-rules.ts', () => {
    const { recheck, 'recheck at once': atOnce } = rules.RECHECK_QUESTIONS
    const seconds = (waits: readonly number[]): string => waits.map((wait) => wait / 1000).join(', ')
    const waitsOf = (...questions: rules.Question[]): string => seconds(questions.map(({ wait }) => wait))
    expect(tablesIn('docs/how-it-works.md', 'What a 401 proves')).toEqual([
      ruleTable('DELETE', rules.AFTER_DELETE),
      ruleTable('verification', rules.VERIFICATION),
      ruleTable('recheck', rules.RECHECK),
      ruleTable('check', rules.CHECK),
      [
        ['requests with the token', 'seconds before each'],
        ['verification', waitsOf(...rules.VERIFICATION_QUESTIONS)],
        ['ask again after 1 s', waitsOf(rules.SECOND_REJECTION)],
        ['recheck', waitsOf(...recheck.early, recheck.last)],
        ['recheck at once', waitsOf(...atOnce.early, atOnce.last)],
        ['check', seconds(rules.CHECK_WAITS)]
      ]
    ])
  })
})

describe('SECURITY.md', () => {
  const secret = new Secret('a-secret-of-a-test')
  const [kind, authMethod] = ['client_credentials', 'client_secret_post'] as const
  const grant = { kind, clientSecret: secret, authMethod }
  const terms = { clientId: 'ci_bot', scopes: [], expiresIn: undefined }
  const ID = 987_654_321

  /** Each request that the action can send, in all its forms. */
  const SENT: Record<Operation, ZendeskRequest[]> = {
    grantToken: [requests.grantRequest(grant, terms)],
    createToken: [requests.createTokenRequest(secret, ID, [])],
    listClients: [requests.listClientsRequest(secret)],
    checkToken: [requests.currentTokenRequest(secret, 'checkToken')],
    deleteToken: [requests.deleteTokenRequest(ID, secret), requests.deleteTokenRequest('current', secret)],
    verifyToken: [requests.currentTokenRequest(secret, 'verifyToken')],
    grantCleanupToken: [requests.grantRequest(grant, terms, 'grantCleanupToken')],
    identifyToken: [requests.currentTokenRequest(secret, 'identifyToken')],
    listTokens: [requests.listTokensRequest(ID, secret), requests.listTokensRequest(ID, secret, true)],
    whoAmI: [requests.whoAmIRequest(secret)]
  }

  it('lists every request that the code can send', () => {
    const [[, ...listed] = []] = tablesIn('SECURITY.md', 'Every request')
    const expected = Object.entries(SENT).flatMap(([name, sent]) =>
      sent.map(({ method, path }) => [`\`${name}\``, method, `\`${path.replace(String(ID), '{id}')}\``])
    )
    expect(listed.map((cells) => cells.slice(0, 3))).toEqual(expected)
    expect(Object.keys(SENT).sort()).toEqual(Object.keys(PURPOSES).sort())
    for (const [name, sent] of Object.entries(SENT))
      for (const { operation } of sent) expect(operation).toBe(name)
  })
})
