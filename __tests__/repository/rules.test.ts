import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../src/lib/secret.ts'
import { PURPOSES } from '../../src/report/errors.ts'
import { type ClientCredentials } from '../../src/zendesk/credential.ts'
import { type Operation, type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import * as requests from '../../src/zendesk/requests.ts'
import * as rules from '../../src/zendesk/revocation-rules.ts'

/*
 * The tables of the documents that repeat what the code decides or sends.
 */

/** The tables below a heading, line by line. */
function tablesIn(path: string, heading: string): string[][] {
  const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8').replaceAll('\r', '')
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return (section.match(/(?:^\|.*\n)+/gm) ?? []).map((table) => table.trim().split('\n'))
}

/** A table as Prettier formats it. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(cell.length, most[at] ?? 3)),
    []
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

describe('docs/how-it-works.md', () => {
  const ruleTable = (title: string, rule: Record<string, Record<string, string>>): string[] => {
    const columns = Object.keys(Object.values(rule)[0] ?? {})
    const rows = Object.entries(rule).map(([name, cells]) => [
      name,
      ...columns.map((column) => cells[column] ?? '')
    ])
    return table([[title, ...columns], ...rows])
  }

  it('prints the rules of revocation-rules.ts', () => {
    const { CHECK_WAITS, RECHECK_QUESTIONS, SECOND_REJECTION, VERIFICATION_QUESTIONS } = rules
    const seconds = (waits: readonly number[]): string => waits.map((wait) => wait / 1000).join(', ')
    const waitsOf = (questions: readonly rules.Question[]): string =>
      seconds(questions.map(({ wait }) => wait))
    const recheck = ({ early, last }: (typeof RECHECK_QUESTIONS)['recheck']): string =>
      waitsOf([...early, last])
    expect(tablesIn('docs/how-it-works.md', 'What a 401 proves')).toEqual([
      ruleTable('DELETE', rules.AFTER_DELETE),
      ruleTable('verification', rules.VERIFICATION),
      ruleTable('recheck', rules.RECHECK),
      ruleTable('check', rules.CHECK),
      table([
        ['requests with the token', 'seconds before each'],
        ['verification', waitsOf(VERIFICATION_QUESTIONS)],
        ['ask again after 1 s', waitsOf([SECOND_REJECTION])],
        ['recheck', recheck(RECHECK_QUESTIONS.recheck)],
        ['recheck at once', recheck(RECHECK_QUESTIONS['recheck at once'])],
        ['check', seconds(CHECK_WAITS)]
      ])
    ])
  })
})

describe('SECURITY.md', () => {
  const secret = new Secret('a-secret-of-a-test')
  const grant: ClientCredentials = {
    kind: 'client_credentials',
    clientSecret: secret,
    authMethod: 'client_secret_post'
  }
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
    const [listed = []] = tablesIn('SECURITY.md', 'Every request')
    const cells = listed.slice(2).map((line) =>
      line
        .split('|')
        .slice(1, 4)
        .map((cell) => cell.trim())
    )
    const sent = Object.values(SENT).flat()
    expect(cells).toEqual(
      sent.map(({ operation, method, path }) => [
        `\`${operation}\``,
        method,
        `\`${path.replace(String(ID), '{id}')}\``
      ])
    )
    expect(Object.keys(SENT).sort()).toEqual(Object.keys(PURPOSES).sort())
    const strangers = Object.entries(SENT).filter(([name, all]) =>
      all.some(({ operation }) => operation !== name)
    )
    expect(strangers).toEqual([])
  })
})
