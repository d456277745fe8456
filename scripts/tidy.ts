import ts from 'typescript'

/** A token of code, and the white space and comments between it and the one before it. */
interface Token {
  before: string
  text: string
}

const COMMENT = /\/\*[^]*?\*\/|\/\/.*/g

/** The tokens of `code`. Only a parser tells a comment from a part of a string, template or regular expression. */
function tokensOf(code: string): Token[] {
  const file = ts.createSourceFile('code.ts', code, {
    languageVersion: ts.ScriptTarget.ESNext,
    // Else comments for JSDoc would be tokens.
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone
  })
  const tokens: Token[] = []
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(file)
    children.forEach(visit)
    const start = node.getStart(file)
    if (children.length === 0)
      tokens.push({ before: code.slice(node.pos, start), text: code.slice(start, node.end) })
  }
  visit(file)
  return tokens
}

/** The comments of `code`, each in one line, since TypeScript changes their indentation. */
export function commentsOf(code: string): string[] {
  return tokensOf(code)
    .flatMap(({ before }) => before.match(COMMENT) ?? [])
    .map(inOneLine)
}

function inOneLine(comment: string): string {
  return comment.replace(/\s+/g, ' ')
}

/**
 * Makes a bundle shorter, and easier to read: removes comments, with the lines that hold nothing else, and indents by
 * two spaces what TypeScript has indented by four.
 *
 * @param isKept whether a comment stays; it is given in one line
 * @throws {Error} if anything else would change
 */
export function tidy(bundle: string, isKept: (comment: string) => boolean): string {
  // NUL stands for a removed comment; after it, a line that held nothing else goes, or the space beside it.
  let result = ''
  // What comes before the first module of this kind keeps its own indentation.
  let isIndented = false
  for (const { before, text } of tokensOf(bundle)) {
    isIndented ||= before.startsWith('// CONCATENATED MODULE: ')
    const kept = before
      .replace(COMMENT, (comment) => (isKept(inOneLine(comment)) ? comment : '\0'))
      .replace(/(?<=\n)[ \t]*(?:\0[ \t]*)+\n/g, '')
      .replace(/[ \t]*\0(?=\n)/g, '')
      .replace(/\0 ?/g, '')
    result += isIndented
      ? kept.replace(/(?<=\n)(?: {4})+/g, (indent) => indent.slice(indent.length / 2))
      : kept
    result += text
  }
  if (print(result) !== print(bundle)) throw new Error('tidying the bundle would change what it does')
  return result
}

/** `code` without comments, formatted by TypeScript. */
function print(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, removeComments: true }
  return ts.transpileModule(code, { compilerOptions }).outputText
}
