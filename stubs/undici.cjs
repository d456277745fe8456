/*
 * @actions/http-client imports one class of undici, for callers that use `fetch`: this action does not.
 * Leaving the library out makes `dist/` a tenth of the size, so that it can be read.
 */
'use strict'

exports.ProxyAgent = class ProxyAgent {
  constructor() {
    throw new Error('undici is left out of this build: nothing in this action uses it')
  }
}
