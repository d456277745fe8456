import { summary } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { clean, oneLine } from '../lib/redact.ts'

/** GitHub drops a summary of more than 1 MiB whole; this leaves room for what other actions write. */
const SIZE_LIMIT = 900_000

/** A table for the job summary, in plain text: it is escaped when it is written, and cells are cut to 200 characters. */
export interface Table {
  title: string
  /** Lines between the title and the table. */
  lines?: string[]
  head: string[]
  rows: string[][]
}

/** Adds a table to the job summary. If the summary cannot be written, one line in the log says so. */
export async function writeSummary({ title, lines = [], head, rows }: Table, log: Log): Promise<void> {
  const shown = [head.map((data) => ({ data: html(data), header: true }))]
  let size = 0
  for (const row of rows) {
    const cells = row.map((data) => ({ data: html(clean(data)), header: false }))
    size += Buffer.byteLength(JSON.stringify(cells))
    if (size > SIZE_LIMIT) break
    shown.push(cells)
  }
  try {
    summary.addHeading(html(title), 3)
    for (const line of lines) summary.addRaw(`<p>${html(line)}</p>`, true)
    await summary.addTable(shown).write()
  } catch (error) {
    log.info(`The job summary could not be written: ${(error as Error).message.replace(/\.$/, '')}.`)
  }
}

/** Text as HTML, with `code` for what is in backquotes. */
function html(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
}
