import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ROOT, ran, temporaryDirectory, trent } from './trent.ts'

const home = temporaryDirectory()
after(() => home[Symbol.dispose]())
const MODULES = join(home.path, 'node_modules')
const PACKAGE = join(MODULES, 'trent-kms')
const LAUNCHER = join(PACKAGE, 'bin', 'trent')
/** The libraries of the key process. */
const CAGED = '@noble'

/** What npm publishes, unpacked where npm would put it; the dependencies are those of the checkout. */
before(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', home.path], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  mkdirSync(PACKAGE, { recursive: true })
  const tarball = join(home.path, basename(packed.trim().split('\n').at(-1) ?? ''))
  execFileSync('tar', ['-xzf', tarball, '--strip-components', '1', '-C', PACKAGE])
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.')) continue
    // The key process may not follow links out of its cage, and npm makes none.
    if (name === CAGED) cpSync(join(ROOT, 'node_modules', name), join(MODULES, name), { recursive: true })
    else symlinkSync(join(ROOT, 'node_modules', name), join(MODULES, name))
  }
})

test('the published package holds JavaScript and no TypeScript', () => {
  const files = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' })
  assert.ok(files.includes(join('dist', 'cli', 'main.js')))
  assert.deepEqual(
    files.filter((file) => file.endsWith('.ts')),
    [],
  )
  assert.ok(!existsSync(join(PACKAGE, 'test')))
})

test('the published package runs dev with its key process, and encrypts', async () => {
  await using dev = trent(['dev', '--port', '0'], { home: home.path, launcher: LAUNCHER })
  const endpoint = ['--endpoint-url', await dev.url]
  const created = await ran(['keys', 'create', '--json', '--alias', 'alias/app', ...endpoint], {
    home: home.path,
    launcher: LAUNCHER,
  })
  assert.equal(created.code, 0, created.stderr)
  const encrypted = await ran(
    [
      'encrypt',
      '--key',
      'alias/app',
      '--base64',
      '--in',
      join(PACKAGE, 'package.json'),
      '--out',
      'encrypted',
      ...endpoint,
    ],
    { home: home.path, launcher: LAUNCHER },
  )
  assert.equal(encrypted.code, 0, encrypted.stderr)
  const decrypted = await ran(['decrypt', '--in', 'encrypted', ...endpoint], { home: home.path, launcher: LAUNCHER })
  assert.match(decrypted.stdout, /"name": "trent-kms"/)
})
