/** A workflow command that the runner found in a line of output. */
export interface WorkflowCommand {
  name: string
  properties: Record<string, string>
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
  const [, name, properties, data] = /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/s.exec(line) ?? []
  if (name !== undefined && known.has(name.toLowerCase())) {
    return command(name, properties, ',', data, unescapeProperty, unescapeData)
  }
  const [, oldName, oldProperties, oldData] = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line) ?? []
  if (oldName !== undefined && known.has(oldName.toLowerCase())) {
    return command(oldName, oldProperties, ';', oldData, unescapeOld, unescapeOld)
  }
  return undefined
}

function command(
  name: string,
  properties: string | undefined,
  separator: string,
  data: string | undefined,
  unescapeValue: (value: string) => string,
  unescapeText: (value: string) => string
): WorkflowCommand {
  const pairs = (properties ?? '')
    .split(separator)
    .map((pair) => pair.trim().split('='))
    .filter((parts) => parts.length > 1)
    .map(([key = '', ...value]) => [key, unescapeValue(value.join('='))] as const)
  return {
    name: name.toLowerCase(),
    properties: Object.fromEntries(pairs),
    data: unescapeText(data ?? '')
  }
}

function unescapeData(value: string): string {
  return value.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll('%25', '%')
}

function unescapeProperty(value: string): string {
  return unescapeData(value.replaceAll(/%3A/gi, ':').replaceAll(/%2C/gi, ','))
}

function unescapeOld(value: string): string {
  return unescapeData(value.replaceAll(/%3B/gi, ';').replaceAll(/%5D/gi, ']'))
}
