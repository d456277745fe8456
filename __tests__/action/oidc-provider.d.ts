/** As much of `oidc-provider`, which comes without types, as the tests use. */
declare module 'oidc-provider' {
  import { type RequestListener } from 'node:http'

  interface Token {
    scope?: string
    iat: number
    exp: number
    save(): Promise<string>
    destroy(): Promise<void>
  }
  interface Tokens {
    new (fields: object): Token & { addOIDCScope(scope: string): void }
    find(value: string): Promise<Token | undefined>
  }
  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    AccessToken: Tokens
    AuthorizationCode: Tokens
    Client: { find(id: string): Promise<object | undefined> }
    ClientCredentials: Tokens
    Grant: Tokens
  }
}
