/** A workflow command that the runner found in a line of output, without its properties. */
export interface WorkflowCommand {
  name: string
  data: string
}

const known = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning'
])

/** Finds the command in a line: `::name key=value::data` at its start, or `##[name key=value]data` anywhere. */
export function parseCommand(line: string): WorkflowCommand | undefined {
  const [, name = '', data = ''] = /^\s*::([^\s:]+)(?: .*?)?::(.*)$/s.exec(line) ?? []
  if (known.has(name.toLowerCase())) return { name: name.toLowerCase(), data: unescape(data) }
  const [, oldName = '', oldData = ''] = /##\[([^\s\]]+)(?: [^\]]*)?\](.*)$/s.exec(line) ?? []
  if (!known.has(oldName.toLowerCase())) return undefined
  const unescaped = oldData.replaceAll(/%3B/gi, ';').replaceAll(/%5D/gi, ']')
  return { name: oldName.toLowerCase(), data: unescape(unescaped) }
}

function unescape(value: string): string {
  return value.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll('%25', '%')
}
