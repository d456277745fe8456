/*
 * @actions/http-client imports undici for callers that use `fetch`: the build leaves out the method that would use it.
 * Leaving the library out makes `dist/` a tenth of the size, so that it can be read.
 */
'use strict'
