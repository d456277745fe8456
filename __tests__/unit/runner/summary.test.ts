import { describe, expect, it } from '@jest/globals'
import { runnerLog as log } from '../../../src/runner/log.ts'
import { writeSummary } from '../../../src/runner/summary.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const written = (): string => runner.text('GITHUB_STEP_SUMMARY')

describe('writeSummary', () => {
  it('writes a title, lines and a table, with `code` for what is in backquotes', async () => {
    const [head, rows] = [['Id', 'State'], [['1', '`active`']]]
    await writeSummary({ title: 'Tokens of `ci`', lines: ['Two.'], head, rows }, log)
    expect(written().replaceAll('\r\n', '\n')).toBe(
      '<h3>Tokens of <code>ci</code></h3>\n<p>Two.</p>\n<table><tr><th>Id</th><th>State</th></tr><tr><td>1</td><td><code>active</code></td></tr></table>\n'
    )
    expect(runner.stdout).toEqual([])
  })

  it('escapes all text, and shows neither control characters nor secrets', async () => {
    log.mask('top-secret-value')
    const html = `<img src=x onerror=alert(1)>a & b > "c" 'd'\n\u0007`
    const text = `${html}top-secret-value`
    await writeSummary({ title: text, lines: [text], head: [text], rows: [[html], [text]] }, log)
    expect(written().split('a &amp; b &gt; &quot;c&quot; &#39;d&#39; ***')).toHaveLength(4)
    // A cell may be words of Zendesk, so it has no markup at all.
    expect(written()).toContain('<tr><td>a &amp; b &quot;c&quot; &#39;d&#39;</td></tr><tr><td>***</td></tr>')
    expect(written()).not.toMatch(/<img|top-secret|\u0007/)
  })

  it('cuts a cell to 200 characters, and no line', async () => {
    const long = 'z'.repeat(5000)
    await writeSummary({ title: 'x', lines: [long], head: ['y'], rows: [[long]] }, log)
    expect(written()).toMatch(/<td>z{199}…<\/td>/)
    expect(written()).toContain(`<p>${long}</p>`)
  })

  it.each(['a', '語', '"'])('never writes over 900 kB, as with %s', async (letter) => {
    const cell = letter.repeat(200)
    const rows = Array.from({ length: 6000 }, (_, index) => [`row ${index}`, cell, cell])
    await writeSummary({ title: 'x', head: ['a', 'b', 'c'], rows }, log)
    const size = Buffer.byteLength(written())
    expect(size).toBeLessThanOrEqual(900_000)
    expect(size).toBeGreaterThan(450_000)
    expect(written()).toContain('row 0<')
    expect(written()).toMatch(/<\/tr><\/table>\s*$/)
  })

  it('needs no lines; logs that the summary could not be written, and the step goes on', async () => {
    await writeSummary({ title: 'Tokens', head: ['Id'], rows: [] }, log)
    expect(written()).not.toContain('<p>')
    runner.breakFile('GITHUB_STEP_SUMMARY')
    await writeSummary({ title: 'x', head: ['y'], rows: [] }, log)
    expect(runner.stdout).toEqual([expect.stringMatching(/^The job summary could not be written: .+[^.]\.$/)])
  })
})
