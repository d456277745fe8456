/*
 * @actions/core and @actions/http-client import @actions/exec, which could start other processes, and undici for
 * functions that nothing here calls. The build leaves those functions out, so that dist/ needs neither library.
 */
'use strict'
