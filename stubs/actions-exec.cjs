/*
 * @actions/core imports this to describe the operating system, which this action never asks for.
 * Without it, nothing in `dist/` can start another process.
 */
'use strict'

exports.getExecOutput = function getExecOutput() {
  throw new Error('@actions/exec is left out of this build: this action starts no process')
}
