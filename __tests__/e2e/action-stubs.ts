/** Composite actions without network for those of others that the examples use: their `action.yml`, by repository. */
export const actionStubs: Readonly<Record<string, object>> = {
  'actions/setup-node': stub(['node-version', 'package-manager-cache'], 'node --version'),
  'actions/setup-python': stub(
    ['python-version'],
    'python3 -m venv "$RUNNER_TEMP/venv"\necho "$RUNNER_TEMP/venv/bin" >>"$GITHUB_PATH"'
  ),
  'ruby/setup-ruby': stub(['ruby-version'], 'ruby --version'),
  'actions/create-github-app-token': {
    ...stub(['client-id', 'private-key', 'permission-environments'], 'echo token=a-stub >>"$GITHUB_OUTPUT"'),
    outputs: { token: { description: 'A token', value: '${{ steps.run.outputs.token }}' } }
  }
}

function stub(inputs: string[], run: string): object {
  return {
    name: 'Stub',
    description: 'Stub of an action',
    inputs: Object.fromEntries(inputs.map((input) => [input, { description: input }])),
    runs: { using: 'composite', steps: [{ id: 'run', shell: 'bash', run }] }
  }
}
