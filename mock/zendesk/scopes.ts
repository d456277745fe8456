const READ_AND_WRITE = [
  'tickets',
  'users',
  'organizations',
  'hc',
  'apps',
  'automations',
  'targets',
  'triggers',
  'macros',
  'requests',
  'satisfaction_ratings',
  'dynamic_content',
  'themes',
  'zis',
  'webhooks',
  'account_settings',
  'brands',
  'custom_objects',
  'deletion_schedules',
  'groups',
  'sla_policies',
  'ticket_attachments',
  'ticket_views'
]

/** Every scope that Zendesk documents. */
export const knownScopes: ReadonlySet<string> = new Set([
  'read',
  'write',
  'impersonate',
  'unrestricted',
  ...READ_AND_WRITE.flatMap((resource) => [`${resource}:read`, `${resource}:write`]),
  'auditlogs:read',
  'security:read',
  'any_channel:write',
  'web_widget:write'
])

/** Whether `scopes` grant `wanted`: by name, `read` for `x:read` and `write` for `x:write`, or `unrestricted`. */
export function covers(scopes: readonly string[], wanted: string): boolean {
  return [wanted, wanted.split(':')[1] ?? wanted, 'unrestricted'].some((scope) => scopes.includes(scope))
}
