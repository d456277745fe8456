import ts from 'typescript'

/** All that `src/zendesk/http/connection.ts` uses of http-client's `HttpClient`: its agents, with their proxies. */
export const USED_METHODS: readonly string[] = [
  'dispose',
  'getAgent',
  '_getAgent',
  '_getUserAgentWithOrchestrationId'
]

/**
 * Leaves out the methods of http-client's `HttpClient` that are not in {@link USED_METHODS}: requests are Node's own, and
 * a method that would follow redirects with the secret in the body is not even there.
 *
 * @throws {Error} if the class, or a method that is used, is not in `bundle`
 */
export function withoutUnusedMethods(bundle: string): string {
  const file = ts.createSourceFile('index.cjs', bundle, ts.ScriptTarget.ESNext)
  const methods: ts.MethodDeclaration[] = []
  const visit = (node: ts.Node): void => {
    if (isHttpClient(node)) methods.push(...node.members.filter((member) => ts.isMethodDeclaration(member)))
    else ts.forEachChild(node, visit)
  }
  visit(file)
  const nameOf = ({ name }: ts.MethodDeclaration): string => name.getText(file)
  const names = methods.map(nameOf)
  const missing = USED_METHODS.filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`HttpClient has no method ${missing.join(', ')}`)
  return methods
    .filter((method) => !USED_METHODS.includes(nameOf(method)))
    .reduceRight((code, { pos, end }) => code.slice(0, pos) + code.slice(end), bundle)
}

/**
 * Leaves out the functions and classes of the toolkit that nothing in the bundle names, and then those that only they
 * named. `bundle` has no comments of the toolkit any more.
 */
export function withoutUnusedFunctions(bundle: string): string {
  const counts = new Map<string, number>()
  for (const [word] of bundle.matchAll(/[\w$]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const unused: { start: number; end: number }[] = []
  const file = ts.createSourceFile('index.cjs', bundle, ts.ScriptTarget.ESNext)
  const visit = (node: ts.Node): void => {
    if (counts.get(functionName(node) ?? '') === 1) unused.push({ start: node.getStart(file), end: node.end })
    else ts.forEachChild(node, visit)
  }
  visit(file)
  if (unused.length === 0) return bundle
  const cut = (code: string, { start, end }: { start: number; end: number }): string =>
    code.slice(0, start).trimEnd() + code.slice(end)
  return withoutUnusedFunctions(unused.reduceRight(cut, bundle))
}

/** The name that a statement gives to a function or a class. */
function functionName(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name?.text
  const [declared, second] = ts.isVariableStatement(node) ? node.declarationList.declarations : []
  const isFunction = second === undefined && declared?.initializer && ts.isArrowFunction(declared.initializer)
  return isFunction && ts.isIdentifier(declared.name) ? declared.name.text : undefined
}

/** Whether a node is the class `HttpClient`, which the bundler may give a prefix. */
function isHttpClient(node: ts.Node): node is ts.ClassDeclaration {
  return ts.isClassDeclaration(node) && /^(?:\w+_)?HttpClient$/.test(node.name?.text ?? '')
}
