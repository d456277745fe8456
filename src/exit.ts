import { isLookingUp } from './zendesk/http/lookup.ts'

/** What is needed of the process that ends. */
export type EndingProcess = Pick<NodeJS.Process, 'env' | 'execPath' | 'platform' | 'exit'> & {
  execve?: NodeJS.Process['execve']
}

/**
 * Ends the process with an exit code. Node waits for a look-up of a host name even then, which takes up to a minute if
 * the name servers do not answer: where it can (Node 22.15 and later, not on Windows), the process is replaced by one
 * that ends at once.
 */
export function exit(host: EndingProcess, code: number): void {
  if (isLookingUp() && host.execve !== undefined && host.platform !== 'win32') {
    const env = { ...host.env, NODE_OPTIONS: '' }
    host.execve(host.execPath, [host.execPath, '-e', `process.exit(${code})`], env)
  }
  host.exit(code)
}
