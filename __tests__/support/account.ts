import { afterEach, beforeEach } from '@jest/globals'
import { startZendesk, type FaultMatcher, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { type RunnerEnv } from './runner-env.ts'
import { at, authorizationCode, changed, clientCredentials, credentials, type Inputs } from './zendesk.ts'

/** A mock Zendesk account, and the inputs of a step that uses it, by the kind of credential. */
export class Account {
  zendesk!: Zendesk

  readonly apiToken = (more: Inputs = {}): Inputs =>
    at(this.zendesk, { ...credentials.apiToken(this.zendesk), ...more })

  readonly accessToken = (more: Inputs = {}): Inputs =>
    at(this.zendesk, { ...credentials.accessToken(this.zendesk), ...more })

  readonly clientCredentials = (more: Inputs = {}): Inputs => clientCredentials(this.zendesk, more)

  /** An authorization code that comes with a refresh token. */
  readonly authorizationCode = (more: Inputs = {}, scope?: string): Inputs =>
    at(this.zendesk, { ...authorizationCode(this.zendesk, 'browser_app', true, scope), ...more })

  /** The one token that is active. */
  get token(): Token {
    const [token, ...others] = this.zendesk.activeTokens()
    if (token === undefined || others.length > 0) throw new Error(`${others.length + 1} tokens are active`)
    return token
  }

  /** The requests with this method, as `METHOD /path`. */
  seen(method: string): string[] {
    return this.zendesk.seen().filter((request) => request.startsWith(`${method} `))
  }

  /** Changes the body of responses. */
  replace(matcher: FaultMatcher, pattern: RegExp, text: string): void {
    const edit = changed(({ body }) => ({ body: body.replace(pattern, text) }))
    this.zendesk.fault(matcher, edit)
  }

  /** Does something when Zendesk has carried out a request that matches, before its response arrives. */
  at(matcher: FaultMatcher, action: () => void): void {
    const edit = changed(() => {
      action()
      return {}
    })
    this.zendesk.fault(matcher, edit)
  }
}

/** Starts a mock Zendesk for each test of a file; its clock is the runner's. */
export function setUpAccount(runner: RunnerEnv): Account {
  const account = new Account()
  beforeEach(async () => {
    account.zendesk = await startZendesk({ now: () => runner.clock.now() })
  })
  afterEach(() => account.zendesk.close())
  return account
}
