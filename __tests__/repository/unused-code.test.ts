import { describe, expect, it } from '@jest/globals'
import { USED_METHODS, withoutUnusedFunctions, withoutUnusedMethods } from '../../scripts/unused-code.ts'

const used = USED_METHODS.map((name) => `  ${name}() {}\n`)

describe('withoutUnusedMethods', () => {
  it('leaves out methods of HttpClient that are not used, and nothing else', () => {
    const others = 'class Other {\n  post() {}\n}\nfunction post() {}\n'
    const head = 'class lib_HttpClient {\n  constructor() {\n    this.post = 1\n  }\n'
    const bundle = `${others}${head}  post() {}\n${used.join('')}  async get() {}\n}\n`
    expect(withoutUnusedMethods(bundle)).toBe(`${others}${head}${used.join('')}}\n`)
  })

  it('fails if the class, or a method that is used, is not there', () => {
    expect(() => withoutUnusedMethods('class Other {}')).toThrow('HttpClient has no method dispose')
    expect(() => withoutUnusedMethods(`class HttpClient {\n${used.slice(1).join('')}}`)).toThrow('dispose')
  })
})

describe('withoutUnusedFunctions', () => {
  it('leaves out functions and classes that nothing names, and those that only they named', () => {
    const used = 'function used() {}\nused()\n'
    const unused = 'class Unused {}\nasync function b() {}\nconst c = () => b()\n'
    const bundle = `function a() {\n  b()\n}\n${used}${unused}const kept = 5, also = () => {}\n`
    expect(withoutUnusedFunctions(bundle).trim()).toBe(`${used}const kept = 5, also = () => {}`)
    expect(withoutUnusedFunctions(used)).toBe(used)
  })
})
