/*
 * Composite actions that stand in for actions of others in the examples, since they would need the network: the
 * machine has Node.js, Python and Ruby already. Their inputs are those that the examples set.
 */

interface CompositeAction {
  name: string
  description: string
  inputs: Record<string, { description: string }>
  outputs?: Record<string, { description: string; value: string }>
  runs: { using: 'composite'; steps: Record<string, unknown>[] }
}

/** By repository. */
export const standIns: Readonly<Record<string, CompositeAction>> = {
  'actions/setup-node': standIn('setup-node', ['node-version', 'package-manager-cache'], 'node --version'),
  // The virtual environment that zenpy has been installed into.
  'actions/setup-python': standIn('setup-python', ['python-version'], 'echo "$PYTHON_BIN" >>"$GITHUB_PATH"'),
  'ruby/setup-ruby': standIn('setup-ruby', ['ruby-version'], 'ruby --version'),
  'actions/create-github-app-token': {
    ...standIn(
      'create-github-app-token',
      ['client-id', 'private-key', 'permission-environments'],
      'echo token=stand-in-for-a-github-token >>"$GITHUB_OUTPUT"'
    ),
    outputs: { token: { description: 'A token', value: '${{ steps.run.outputs.token }}' } }
  }
}

function standIn(name: string, inputs: string[], run: string): CompositeAction {
  return {
    name,
    description: 'Stands in for the real one',
    inputs: Object.fromEntries(inputs.map((input) => [input, { description: input }])),
    runs: { using: 'composite', steps: [{ id: 'run', shell: 'bash', run }] }
  }
}
