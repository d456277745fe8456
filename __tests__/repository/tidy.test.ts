import { describe, expect, it } from '@jest/globals'
import { commentsOf, tidy } from '../../scripts/tidy.ts'

const HEADING = '// CONCATENATED MODULE: ./src/index.ts'

/** Removes all comments but headings and those that begin with an exclamation mark. */
function tidied(...lines: string[]): string[] {
  return tidy(lines.join('\n'), (comment) => comment === HEADING || /^\/[*/] ?!/.test(comment)).split('\n')
}

describe('commentsOf', () => {
  it('finds comments of all kinds, in one line each', () => {
    const code = ['/**', '   * One', '   */', 'f(/* two */) // three', '// four']
    expect(commentsOf(code.join('\n'))).toEqual(['/** * One */', '/* two */', '// three', '// four'])
  })

  it('finds none in strings, templates and regular expressions', () => {
    expect(commentsOf('f("//", \'/* */\', `// ${1} /* */`, /[/*] *\\/\\/*/)')).toEqual([])
  })
})

describe('tidy', () => {
  it('removes the comments that are not kept, and the lines that hold nothing else', () => {
    expect(
      tidied(
        'one() // gone',
        '/* gone */ two()',
        '  // gone',
        '  /*',
        '   * gone',
        '   */',
        '',
        '  // ! stays',
        'three(/* gone */ 3) /* ! stays */',
        '// gone'
      )
    ).toEqual(['one()', 'two()', '', '  // ! stays', 'three(3) /* ! stays */', ''])
  })

  it('halves the indentation in what TypeScript wrote, but not in its templates', () => {
    expect(
      tidied('{', '    one()', `    ;${HEADING}`, '    {', '        two(`', '        text`)', '    }', '}')
    ).toEqual(['{', '    one()', `    ;${HEADING}`, '  {', '    two(`', '        text`)', '  }', '}'])
  })

  it('refuses to change what the code does', () => {
    expect(() => tidied('function f() {', 'return /* ends the', 'statement */ 1', '}')).toThrow(
      'tidying the bundle would change what it does'
    )
  })
})
