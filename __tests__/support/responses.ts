import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'

/** The body of a web page. */
export const PAGE = '<html>no</html>'

/** A response with this JSON body, or with a web page, and with these headers. */
export function response(status: number, body?: unknown, headers: object = {}): ZendeskResponse {
  const html = body === PAGE
  const none = { retryAfter: undefined, location: undefined, date: undefined, requestId: undefined }
  return { status, json: html ? undefined : body, html, ...none, rateLimitReset: '', ...headers }
}

/** The body of a 404 below `/api/v2` at an address without an account. */
export const MISSING_ACCOUNT = {
  error: { title: 'No help desk at acme.zendesk.com', message: 'None.' }
}

/** The body of a 403 that names scopes. */
export const missing = (scopes: string): unknown => ({
  error: 'Forbidden',
  description: `You are missing the following required scopes: ${scopes}`
})
