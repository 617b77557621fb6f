/**
 * The architecture: which folder under src/ may import which. Type imports count. Arrows point inwards only.
 *
 * `main` is the composition: the files that lie directly in src/.
 */
const ALLOWED = {
  domain: [],
  protocol: ['domain'],
  sigv4: ['domain'],
  policy: ['domain'],
  trail: ['domain', 'sigv4'],
  metering: ['domain'],
  compliance: ['domain', 'policy'],
  request: ['domain', 'protocol', 'sigv4', 'policy', 'trail', 'metering', 'compliance'],
  services: ['domain', 'protocol', 'compliance', 'request'],
  store: ['domain', 'trail', 'request'],
  hsm: ['domain', 'request'],
  oidc: ['domain', 'request'],
  http: ['domain', 'request'],
  checkpoints: ['domain', 'sigv4', 'trail'],
  metrics: ['domain', 'request', 'trail'],
  notices: ['domain', 'request', 'trail'],
  otlp: ['domain', 'request', 'metrics'],
  integrations: ['domain'],
  main: [
    'domain',
    'request',
    'services',
    'store',
    'hsm',
    'oidc',
    'http',
    'metrics',
    'notices',
    'otlp',
    'trail',
    'checkpoints',
  ],
  cli: ['domain', 'sigv4', 'trail', 'metering', 'main', 'integrations'],
}

const pathOf = (folder) => (folder === 'main' ? '^src/[^/]+$' : `^src/${folder}/`)

const layers = Object.entries(ALLOWED).map(([folder, allowed]) => ({
  name: `${folder}-imports-only-[${allowed}]`,
  severity: 'error',
  from: { path: pathOf(folder) },
  to: { path: '^src/', pathNot: [folder, ...allowed].map(pathOf) },
}))

/** Built-in modules, with and without their prefix. */
const builtin = (...names) => `^(node:)?(${names.join('|')})(/|$)`

/**
 * Where cryptography is done: keys in the key process, hashes in signatures and the trail, random ids in the composition, and
 * what integrations do with data keys on behalf of their callers.
 */
const CRYPTOGRAPHERS = ['^src/integrations/kes/', '^src/hsm/process/', '^src/sigv4/', '^src/trail/', '^src/main\\.ts$']

/** All that the key process may load: what it loads can read keys. */
const KEY_PROCESS_MAY_IMPORT = [
  '^src/hsm/process/',
  '^src/hsm/(wire|compiled-code)\\.ts$',
  '^src/domain/',
  builtin('crypto', 'fs', 'module', 'os', 'path'),
  'node_modules/@noble/(curves|post-quantum|hashes)/',
]

const PURE = ['domain', 'protocol', 'sigv4', 'policy', 'metering', 'compliance']

export default {
  forbidden: [
    ...layers,
    {
      name: 'every-folder-has-a-row',
      comment: 'A folder under src/ that the table does not name could import everything.',
      severity: 'error',
      // The most that can be asked for; what has more dependents than that is found by the next rule.
      module: { path: '^src/', pathNot: Object.keys(ALLOWED).map(pathOf), numberOfDependentsLessThan: 100 },
      from: {},
    },
    {
      name: 'nothing-imports-a-folder-without-a-row',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: Object.keys(ALLOWED).map(pathOf) },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable-imports',
      comment: 'An import that cannot be followed cannot be judged.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'only-cli-imports-main',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/'] },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'the-key-process-loads-only-what-it-needs',
      severity: 'error',
      from: { path: '^src/hsm/process/' },
      to: { pathNot: KEY_PROCESS_MAY_IMPORT },
    },
    {
      name: 'the-key-process-is-not-loaded-by-others',
      comment: 'It runs in a process of its own; code of it elsewhere would bring keys there.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/hsm/process/'] },
      to: { path: '^src/hsm/process/' },
    },
    {
      name: 'node-crypto-only-where-keys-or-hashes-are',
      severity: 'error',
      from: { path: '^src/', pathNot: CRYPTOGRAPHERS },
      to: { path: builtin('crypto') },
    },
    {
      name: 'pure-folders-do-no-input-or-output',
      comment: 'Same input, same output: hashes are all they take from Node.',
      severity: 'error',
      from: { path: PURE.map(pathOf) },
      to: { dependencyTypes: ['core'], pathNot: builtin('crypto') },
    },
    {
      name: 'no-development-dependencies-in-the-program',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'the-program-imports-no-test',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
  ],
  options: {
    // Type imports count: without this only what is left after stripping types would be seen.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}
