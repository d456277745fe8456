import { describe, expect, it } from '@jest/globals'
import {
  isWellFormedScope,
  KNOWN_SCOPES,
  lacksWrite,
  mayRevoke,
  nearestScope,
  scopesNotGranted,
  splitScopes
} from '../../../src/zendesk/scopes.ts'

it('KNOWN_SCOPES has each documented scope once, well formed, and only one half for four resources', () => {
  const halves = KNOWN_SCOPES.filter((scope) => /auditlogs|security|any_channel|web_widget/.test(scope))
  expect(halves).toEqual(['auditlogs:read', 'security:read', 'any_channel:write', 'web_widget:write'])
  expect(new Set(KNOWN_SCOPES).size).toBe(KNOWN_SCOPES.length)
  expect(KNOWN_SCOPES.every(isWellFormedScope)).toBe(true)
  expect(KNOWN_SCOPES).toHaveLength(4 + 2 * 23 + 2 + 2)
})

it.each([
  ['', []],
  [' \n,, ', []],
  ['read', ['read']],
  ['read\nwrite\r\nhc:read', ['read', 'write', 'hc:read']],
  [' ,read ,\t write, ', ['read', 'write']],
  ['read write read', ['read', 'write']],
  ['- tickets:read\n- hc:read\n-', ['tickets:read', 'hc:read']],
  ['-read --', ['-read', '--']]
])('splitScopes splits %j', (text, scopes) => {
  expect(splitScopes(text)).toEqual(scopes)
})

it('isWellFormedScope accepts one word, or two with a colon between them, and nothing else', () => {
  const good = ['read', 'tickets:read', 'any_channel:write', 'a-b.c:d_e', 'Read', '1']
  const bad = ': tickets: :read a::b a:b:c tickets:read: [read] read;write x/read ü'.split(' ')
  expect(['', 'a b', 'a\n'].filter(isWellFormedScope)).toEqual([])
  expect([...bad, ...good].filter(isWellFormedScope)).toEqual(good)
})

describe('nearestScope', () => {
  it('is undefined for a scope that is documented, and documented for any other', () => {
    expect(KNOWN_SCOPES.filter((scope) => nearestScope(scope) !== undefined)).toEqual([])
    expect(KNOWN_SCOPES).toContain(nearestScope('x'.repeat(50)))
  })

  it.each([
    ['raed', 'read'],
    ['zis:raed', 'zis:read'],
    ['ticket_view:write', 'ticket_views:write'],
    ['TICKETS:READ', 'tickets:read'],
    ['ticket:read', 'tickets:read'],
    ['tickets:reed', 'tickets:read'],
    ['organisations:read', 'organizations:read'],
    ['customobjects:write', 'custom_objects:write']
  ])('of %s is %s', (scope, nearest) => {
    expect(nearestScope(scope)).toBe(nearest)
  })
})

/** The scopes in a text. */
const list = (text: string): string[] => text.split(' ').filter(Boolean)

it.each([
  ['read', 'read', ''],
  ['tickets:read', 'read', ''],
  ['tickets:write', 'write', ''],
  ['tickets:read tickets:write', 'tickets:read', 'tickets:write'],
  ['tickets:read', 'write', 'tickets:read'],
  ['tickets:write', 'read', 'tickets:write'],
  ['read', 'tickets:read', 'read'],
  ['read write', '', 'read write'],
  ['users:impersonate', 'impersonate', 'users:impersonate'],
  ['hc:read zis:read', 'zis:read hc:write', 'hc:read'],
  ['tickets:rite', 'write', 'tickets:rite'],
  ['tickets:writes', 'write', 'tickets:writes'],
  ['read tickets:write anything', 'unrestricted', ''],
  ['unrestricted', 'read write', 'unrestricted'],
  ['', 'read', '']
])('scopesNotGranted of `%s`, if `%s` was granted, are `%s`', (requested, granted, lacking) => {
  expect(scopesNotGranted(list(requested), list(granted))).toEqual(list(lacking))
})

it.each([
  ['read write', true, false],
  ['unrestricted', true, false],
  ['write', false, false],
  ['read', false, true],
  ['read tickets:write', false, true],
  ['users:read write', false, false],
  ['', false, true]
])('mayRevoke and lacksWrite of `%s` are %p and %p', (scopes, may, lacks) => {
  expect([mayRevoke(list(scopes)), lacksWrite(list(scopes))]).toEqual([may, lacks])
})
