import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CAGE_ARGUMENTS } from '../../src/hsm/caged-process.ts'
import { createEphemeralRootKey } from '../../src/hsm/client.ts'
import { REPLIES } from '../../src/hsm/wire.ts'
import { startRaw } from './raw-process.ts'
import { ok } from './usable-key.ts'

const rootKey = ok(createEphemeralRootKey())
after(() => rootKey[Symbol.dispose]())
const directory = mkdtempSync(join(tmpdir(), 'cage-'))
after(() => rmSync(directory, { recursive: true }))

const without = (argument: string) => CAGE_ARGUMENTS.filter((other) => other !== argument)

test('a key process in its whole cage serves', async () => {
  using raw = startRaw(rootKey.fd)
  assert.equal((await raw.hello).code, REPLIES.ok)
})

const holes = [
  ['no cage', ['--no-warnings'], 'it was started without --permission'],
  ['a debugger signal', without('--disable-sigusr1'), 'it was started without --disable-sigusr1'],
  ['the network', [...CAGE_ARGUMENTS, '--allow-net'], 'it was started with --allow-net'],
  ['child processes', [...CAGE_ARGUMENTS, '--allow-child-process'], 'it was started with --allow-child-process'],
  ['workers', [...CAGE_ARGUMENTS, '--allow-worker'], 'it was started with --allow-worker'],
  ['the inspector', [...CAGE_ARGUMENTS, '--allow-inspector'], 'it was started with --allow-inspector'],
  ['an audit in place of denials', [...CAGE_ARGUMENTS, '--permission-audit'], 'it was started with --permission-audit'],
  ['WASI', [...CAGE_ARGUMENTS, '--allow-wasi'], 'it was started with --allow-wasi'],
  [
    'writing to one directory',
    [...CAGE_ARGUMENTS, `--allow-fs-write=${directory}`],
    `it was started with --allow-fs-write=${directory}`,
  ],
  ['SQLite, which opens files unasked', without('--no-experimental-sqlite'), 'it has the module node:sqlite'],
  ['foreign functions', without('--no-experimental-ffi'), 'it has the module node:ffi'],
] as const
for (const [name, cage, reason] of holes)
  test(`a key process whose cage leaves a hole, ${name}, refuses to serve`, async () => {
    using raw = startRaw(rootKey.fd, { cage })
    const { code, fields } = await raw.hello
    assert.equal(code, REPLIES.notReady)
    assert.equal(String(fields[0]), `the key process is not caged: ${reason}`)
    assert.equal(await raw.exited, 1)
  })

test('a key process keeps its compiled code where it is told to, and gives up writing there before it serves', async () => {
  const compiledCode = join(directory, 'compiled/')
  mkdirSync(compiledCode)
  using raw = startRaw(rootKey.fd, { compiledCode })
  assert.equal((await raw.hello).code, REPLIES.ok)
  assert.equal(readdirSync(compiledCode).length, 1)
})

test('a key process that may write anywhere but to its compiled code refuses to serve', async () => {
  const compiledCode = join(directory, 'one/')
  using raw = startRaw(rootKey.fd, { cage: [...CAGE_ARGUMENTS, `--allow-fs-write=${directory}`], compiledCode })
  const { code, fields } = await raw.hello
  assert.equal(code, REPLIES.notReady)
  assert.match(String(fields[0]), /not caged: it was started with --allow-fs-write=/)
})

for (const path of [directory, '*'])
  test(`the permission to read ${path === '*' ? 'everything' : 'a directory'} is given up before it serves`, async () => {
    using raw = startRaw(rootKey.fd, { cage: [...CAGE_ARGUMENTS, `--allow-fs-read=${path}`] })
    assert.equal((await raw.hello).code, REPLIES.ok)
  })

/** With arguments and permissions hidden from the process, only its attempts can find the hole. */
const ATTEMPTS = [
  ['', ''],
  ['--allow-fs-write=*', 'it can write a file'],
  [`--allow-fs-write=${tmpdir()}`, 'it can create a file'],
  ['--allow-net', 'it can connect'],
  ['--allow-child-process', 'it can start a process'],
  ['--allow-worker', 'it can start a worker'],
  ['--allow-addons', 'it can load an addon'],
  ['--allow-inspector', 'it can open the inspector'],
] as const
for (const [argument, hole] of ATTEMPTS)
  test(`trying everything finds ${argument === '' ? 'no hole in a whole cage' : `the hole of ${argument}`}`, () => {
    const cage = CAGE_ARGUMENTS.filter((other) => !(argument === '--allow-addons' && other === '--no-addons'))
    const program = [`--allow-fs-read=${import.meta.dirname}`, ...(argument === '' ? [] : [argument])]
    const script = join(import.meta.dirname, 'process', 'attempts.ts')
    const ran = spawnSync(process.execPath, [...cage, ...program, script], { env: {}, encoding: 'utf8', cwd: '/' })
    assert.equal(ran.stdout, hole, ran.stderr)
  })
