import { type ZendeskResponse } from '../../../src/zendesk/http/response.ts'

/** The body of a web page. */
export const PAGE = '<html>no</html>'

/** A response with this JSON body, or with a web page. */
export function response(status: number, body?: unknown): ZendeskResponse {
  const html = body === PAGE
  const headers = { retryAfter: undefined, location: undefined, date: undefined, requestId: undefined }
  return { status, json: html ? undefined : body, html, ...headers }
}

/** The body of a 403 that names scopes. */
export const missing = (scopes: string): unknown => ({
  error: 'Forbidden',
  description: `You are missing the following required scopes: ${scopes}`
})
