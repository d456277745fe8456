/** The log of a step. Each message becomes one line. */
export interface Log {
  debug: (text: string) => void
  info: (text: string) => void
  warning: (text: string) => void
  error: (text: string) => void
  /** Hides a secret from here on: the runner masks it in all later output, this process in its own lines. */
  mask: (secret: string) => void
}
