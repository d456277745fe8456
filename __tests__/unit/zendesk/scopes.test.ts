import { describe, expect, it } from '@jest/globals'
import {
  isWellFormedScope,
  KNOWN_SCOPES,
  nearestScope,
  scopesNotGranted,
  splitScopes
} from '../../../src/zendesk/scopes.ts'

describe('KNOWN_SCOPES', () => {
  it.each([
    'read',
    'write',
    'impersonate',
    'tickets:read',
    'tickets:write',
    'zis:read',
    'ticket_views:write'
  ])('holds %s', (scope) => {
    expect(KNOWN_SCOPES).toContain(scope)
  })

  it('holds what can only be read, and what can only be written, in that way alone', () => {
    const halves = KNOWN_SCOPES.filter((scope) => /auditlogs|security|any_channel|web_widget/.test(scope))
    expect(halves).toEqual(['auditlogs:read', 'security:read', 'any_channel:write', 'web_widget:write'])
  })

  it('holds each once, well formed, and as many as are documented', () => {
    expect(new Set(KNOWN_SCOPES).size).toBe(KNOWN_SCOPES.length)
    expect(KNOWN_SCOPES.every(isWellFormedScope)).toBe(true)
    expect(KNOWN_SCOPES).toHaveLength(3 + 2 * 23 + 2 + 2)
  })
})

describe('splitScopes', () => {
  it.each([
    ['', []],
    [' \n,, ', []],
    ['read', ['read']],
    ['read write', ['read', 'write']],
    ['read,write', ['read', 'write']],
    ['read\nwrite\r\nhc:read', ['read', 'write', 'hc:read']],
    [' ,read ,\t write, ', ['read', 'write']],
    ['read write read', ['read', 'write']]
  ])('splits %j', (text, scopes) => {
    expect(splitScopes(text)).toEqual(scopes)
  })
})

describe('isWellFormedScope', () => {
  it.each(['read', 'tickets:read', 'any_channel:write', 'a-b.c:d:e', 'Read', '1'])('takes %j', (scope) => {
    expect(isWellFormedScope(scope)).toBe(true)
  })

  it.each([
    '',
    ':',
    'tickets:',
    ':read',
    'a::b',
    'a b',
    'read;write',
    '"read"',
    '[read]',
    'tickets/read',
    'ü',
    'a\n'
  ])('refuses %j', (scope) => {
    expect(isWellFormedScope(scope)).toBe(false)
  })
})

describe('nearestScope', () => {
  it.each(KNOWN_SCOPES)('has nothing to say of %s', (scope) => {
    expect(nearestScope(scope)).toBeUndefined()
  })

  it.each([
    ['raed', 'read'],
    ['Write', 'write'],
    ['TICKETS:READ', 'tickets:read'],
    ['IMPERSONATE', 'impersonate'],
    ['ticket:read', 'tickets:read'],
    ['tickets:reed', 'tickets:read'],
    ['user:write', 'users:write'],
    ['organisations:read', 'organizations:read'],
    ['customobjects:write', 'custom_objects:write'],
    ['impersonation', 'impersonate']
  ])('knows that %s is near to %s', (scope, nearest) => {
    expect(nearestScope(scope)).toBe(nearest)
  })

  it('names one of the list for what is near to none', () => {
    expect(KNOWN_SCOPES).toContain(nearestScope('x'.repeat(50)))
  })
})

describe('scopesNotGranted', () => {
  it.each([
    [['read'], ['read'], []],
    [['tickets:read'], ['read'], []],
    [['tickets:write'], ['write'], []],
    [['tickets:read', 'tickets:write'], ['tickets:read'], ['tickets:write']],
    [['tickets:read'], ['write'], ['tickets:read']],
    [['tickets:write'], ['read'], ['tickets:write']],
    [['read'], ['tickets:read'], ['read']],
    [['read', 'write'], [], ['read', 'write']],
    [['impersonate'], ['read', 'write'], ['impersonate']],
    [['hc:read', 'zis:read'], ['zis:read', 'hc:write'], ['hc:read']],
    [['a:b:read'], ['read'], []],
    [[], ['read'], []]
  ])('of %j, where %j was granted, lacks %j', (requested, granted, lacking) => {
    expect(scopesNotGranted(requested, granted)).toEqual(lacking)
  })

  it('lets `read` and `write` cover scopes of their kind, and no other scope cover any', () => {
    expect(scopesNotGranted(['users:impersonate'], ['impersonate'])).toEqual(['users:impersonate'])
  })
})
