import { describe, expect, it } from '@jest/globals'
import { runnerLog as log } from '../../../src/runner/log.ts'
import { writeSummary } from '../../../src/runner/summary.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()
const written = (): string => runner.text('GITHUB_STEP_SUMMARY')

describe('writeSummary', () => {
  it('writes a title, lines and a table', async () => {
    await writeSummary(
      { title: 'Tokens', lines: ['Two.'], head: ['Id', 'State'], rows: [['1', 'dead']] },
      log
    )
    expect(written().replaceAll('\r\n', '\n')).toBe(
      '<h3>Tokens</h3>\n<p>Two.</p>\n<table><tr><th>Id</th><th>State</th></tr><tr><td>1</td><td>dead</td></tr></table>\n'
    )
    expect(runner.stdout).toEqual([])
  })

  it('needs no lines', async () => {
    await writeSummary({ title: 'Tokens', head: ['Id'], rows: [] }, log)
    expect(written()).not.toContain('<p>')
  })

  it('escapes everything, and takes markup, control characters and secrets out', async () => {
    log.mask('top-secret-value')
    const text = `<img src=x onerror=alert(1)>a & b > "c" 'd'\n\u0007top-secret-value`
    await writeSummary({ title: text, lines: [text], head: [text], rows: [[text]] }, log)
    const safe = 'a &amp; b &quot;c&quot; &#39;d&#39; ***'
    expect(written().split(safe)).toHaveLength(5)
    expect(written()).not.toMatch(/img|top-secret|\u0007/)
  })

  it('cuts a cell to 200 characters', async () => {
    await writeSummary({ title: 'x', head: ['y'], rows: [['z'.repeat(5000)]] }, log)
    expect(written()).toMatch(/<td>z{199}…<\/td>/)
  })

  it.each(['a', '語', '🔥', '&', '"'])('is never over 900 kB, written with %s', async (letter) => {
    const rows = Array.from({ length: 6000 }, (_, index) => [
      `row ${index}`,
      letter.repeat(200),
      letter.repeat(200)
    ])
    await writeSummary({ title: 'x', head: ['a', 'b', 'c'], rows }, log)
    const size = Buffer.byteLength(written())
    expect(size).toBeLessThanOrEqual(900_000)
    expect(size).toBeGreaterThan(450_000)
    expect(written()).toContain('row 0<')
    expect(written()).toMatch(/<\/tr><\/table>\s*$/)
  })

  it('says that it could not be written, and goes on', async () => {
    runner.breakFile('GITHUB_STEP_SUMMARY')
    await writeSummary({ title: 'x', head: ['y'], rows: [] }, log)
    expect(runner.stdout).toEqual([expect.stringMatching(/^The job summary could not be written: ./)])
  })
})
