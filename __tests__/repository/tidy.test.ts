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
    const gone = ['one() // gone', '/* gone */ two()', '  // gone', '  /*', '   * gone', '   */', '']
    const kept = ['  // ! stays', 'three(/* gone */ 3) /* ! stays */', '// gone']
    const rest = ['one()', 'two()', '', '  // ! stays', 'three(3) /* ! stays */', '']
    expect(tidied(...gone, ...kept)).toEqual(rest)
  })

  it('halves the indentation in what TypeScript wrote, but not in its templates', () => {
    const head = ['{', '    one()', `    ;${HEADING}`]
    const wide = ['    {', '        two(`', '        text`)', '    }', '}']
    const narrow = ['  {', '    two(`', '        text`)', '  }', '}']
    expect(tidied(...head, ...wide)).toEqual([...head, ...narrow])
  })

  it('refuses to change what the code does', () => {
    const code = ['function f() {', 'return /* ends the', 'statement */ 1', '}']
    expect(() => tidied(...code)).toThrow('tidying the bundle would change what it does')
  })
})
