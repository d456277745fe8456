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

describe('KNOWN_SCOPES', () => {
  it('has only `read` or only `write` for four resources', () => {
    const halves = KNOWN_SCOPES.filter((scope) => /auditlogs|security|any_channel|web_widget/.test(scope))
    expect(halves).toEqual(['auditlogs:read', 'security:read', 'any_channel:write', 'web_widget:write'])
  })

  it('has each documented scope once, well formed', () => {
    expect(new Set(KNOWN_SCOPES).size).toBe(KNOWN_SCOPES.length)
    expect(KNOWN_SCOPES.every(isWellFormedScope)).toBe(true)
    expect(KNOWN_SCOPES).toHaveLength(4 + 2 * 23 + 2 + 2)
  })
})

describe('splitScopes', () => {
  it.each([
    ['', []],
    [' \n,, ', []],
    ['read', ['read']],
    ['read\nwrite\r\nhc:read', ['read', 'write', 'hc:read']],
    [' ,read ,\t write, ', ['read', 'write']],
    ['read write read', ['read', 'write']],
    ['- tickets:read\n- hc:read\n-', ['tickets:read', 'hc:read']],
    ['-read --', ['-read', '--']]
  ])('splits %j', (text, scopes) => {
    expect(splitScopes(text)).toEqual(scopes)
  })
})

describe('isWellFormedScope', () => {
  it('accepts one word, or two with a colon between them', () => {
    const scopes = ['read', 'tickets:read', 'any_channel:write', 'a-b.c:d_e', 'Read', '1']
    expect(scopes.filter(isWellFormedScope)).toEqual(scopes)
  })

  it.each([
    ['a missing word', ['', ':', 'tickets:', ':read', 'a::b']],
    ['three words', ['a:b:c', 'tickets:read:']],
    ['a space or a newline', ['x tickets:read', 'a b', 'a\n']],
    ['another character', ['read;write', '"read"', '[read]', 'tickets/read', 'ü']]
  ])('rejects %s', (_what, scopes) => {
    expect(scopes.filter(isWellFormedScope)).toEqual([])
  })
})

describe('nearestScope', () => {
  it('is undefined for a scope that is documented', () => {
    expect(KNOWN_SCOPES.filter((scope) => nearestScope(scope) !== undefined)).toEqual([])
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

  it('is a documented scope even for what is like none of them', () => {
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
    [['users:impersonate'], ['impersonate'], ['users:impersonate']],
    [['hc:read', 'zis:read'], ['zis:read', 'hc:write'], ['hc:read']],
    [['tickets:rite'], ['write'], ['tickets:rite']],
    [['tickets:writes'], ['write'], ['tickets:writes']],
    [['read', 'tickets:write', 'anything'], ['unrestricted'], []],
    [['unrestricted'], ['read', 'write'], ['unrestricted']],
    [[], ['read'], []]
  ])('of %j, if %j was granted, are %j', (requested, granted, lacking) => {
    expect(scopesNotGranted(requested, granted)).toEqual(lacking)
  })
})

describe('mayRevoke', () => {
  it.each([
    [['read', 'write'], true],
    [['unrestricted'], true],
    [['write'], false],
    [['read'], false],
    [['read', 'tickets:write'], false],
    [['users:read', 'write'], false],
    [[], false]
  ])('of %j is %p', (scopes, expected) => {
    expect(mayRevoke(scopes)).toBe(expected)
  })
})

describe('lacksWrite', () => {
  it.each([
    [['read'], true],
    [['tickets:write'], true],
    [[], true],
    [['write'], false],
    [['unrestricted'], false]
  ])('of %j is %p', (scopes, expected) => {
    expect(lacksWrite(scopes)).toBe(expected)
  })
})
