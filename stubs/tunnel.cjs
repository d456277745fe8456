/*
 * @actions/http-client imports tunnel at the start, and uses it only behind a proxy. Here it is loaded when it is
 * used, so that no other start pays for it and for Node's `assert`.
 */
'use strict'

for (const name of ['httpOverHttp', 'httpsOverHttp', 'httpOverHttps', 'httpsOverHttps']) {
  Object.defineProperty(exports, name, {
    get: () => require('../node_modules/tunnel')[name],
    enumerable: true
  })
}
