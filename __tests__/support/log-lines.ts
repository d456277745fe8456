/*
 * What a step printed, and lines that more than one test expects there.
 */
import { parseCommand } from '../../mock/runner/commands.ts'
import { type StepResult } from '../../mock/runner.ts'

/** The lines of stdout, without the milliseconds and ids of requests, which differ each time. */
export function stream({ stdout }: StepResult): string[] {
  return stdout.map((line) =>
    line.replace(/ after \d+ ms/, ' after N ms').replace(/(, request id )[\da-f]{8}-[\da-f-]{27}$/, '$1ID')
  )
}

/** The lines of stdout without debug lines. */
export function said(step: StepResult): string[] {
  return stream(step).filter((line) => !line.startsWith('::debug::'))
}

/** The lines that are no commands. */
export function infoLines({ stdout }: StepResult): string[] {
  return stdout.filter((line) => !line.startsWith('::'))
}

/** The lines that become annotations. */
export function annotated(step: StepResult): string[] {
  return said(step).filter((line) => /^::(error|warning|notice)/.test(line))
}

/** The number of annotations of this level. */
export function count(step: StepResult, level: 'error' | 'warning'): number {
  return annotated(step).filter((line) => line.startsWith(`::${level}`)).length
}

/** The lines about further attempts. */
export function retries(step: StepResult): string[] {
  return said(step).filter((line) => /; attempt \d/.test(line))
}

/** What a step masked. */
export function masks({ stdout }: StepResult): string[] {
  const commands = stdout.map(parseCommand)
  return commands.flatMap((command) => (command?.name === 'add-mask' ? [command.data] : []))
}

/** Everything that a step showed: stdout without the masks, stderr, and the summary. */
export function shown({ stdout, stderr, summary }: StepResult): string {
  return [...stdout.filter((line) => !line.startsWith('::add-mask::')), stderr, summary].join('\n')
}

/** What a step gives to post and to later steps. To be compared by toEqual: toMatchObject takes anything for `{}`. */
export function published({ outputs, state, env }: StepResult): Record<string, object> {
  return { outputs, state, env }
}

export const NOTHING = { outputs: {}, state: {}, env: {} }

/** What the log says only of a token that Zendesk rejects for certain. */
export const VERIFIED = 'verified that Zendesk rejects it'

export const KEPT_FOR_REFRESH = 'The token is not revoked, because that would revoke its refresh token, too.'

/** The last line of post. */
export function revokedLine(id?: number | string): string {
  return `Revoked ${id === undefined ? 'the token (id unknown)' : `token ${id}`} and ${VERIFIED}.`
}

/** The debug line of a response. */
export function responded(request: string, status: number): string {
  return `::debug::${request}: ${status} after N ms, request id ID`
}

/** The line before another attempt of a request. */
export function retryLine(what: string, attempt: number, seconds: string, hasRetryAfter = false): string {
  return `${what}; attempt ${attempt}${hasRetryAfter ? ', as the response asks,' : ' of 5'} in ${seconds} s`
}
