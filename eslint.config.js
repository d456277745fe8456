import tseslint from 'typescript-eslint'

/** Dependencies point one way: index → steps → report → inputs, runner → zendesk → zendesk/http → lib. */
const layer = (files, ...forbidden) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: `^(?:${forbidden.join('|')})` }] }] }
})

/** A constant is a value that is written down as it is: nothing in it acts when it is made, or later. */
const VALUES =
  'Literal|BinaryExpression|ArrayExpression|ObjectExpression|TSAsExpression|TSSatisfiesExpression'
const ACTS = 'CallExpression, NewExpression, ArrowFunctionExpression, FunctionExpression, MemberExpression'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'build/', 'stubs/', 'node_modules/', 'examples/', '.github/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-duplicate-imports': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[importKind=type] > ImportSpecifier',
          message: 'Write `import { type X }`.'
        },
        {
          selector: `:matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind=const] > VariableDeclarator[id.name=/^[a-z]/][init.type=/^(${VALUES})$/][init.elements.length!=0]:not(:has(${ACTS}))`,
          message: 'Write the name of a constant in capitals.'
        }
      ],
      eqeqeq: 'error',
      'no-console': 'error'
    }
  },
  layer(['src/*.ts'], '\\./index'),
  layer(['src/report/*.ts'], '\\.\\./(?!inputs/|runner/|zendesk/|lib/)'),
  layer(['src/inputs/*.ts'], '\\.\\./(?!lib/|zendesk/)'),
  layer(['src/runner/*.ts'], '\\.\\./(?!lib/|zendesk/)'),
  layer(['src/zendesk/*.ts'], '\\.\\./(?!lib/)', '@actions/core'),
  layer(['src/zendesk/http/*.ts'], '\\.\\./(?!\\.\\./lib/)', '@actions/core'),
  layer(['src/lib/*.ts'], '\\.\\./', '@actions/'),
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['mock/**', 'scripts/**', '__tests__/**'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' }
  }
)
