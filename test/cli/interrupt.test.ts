import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanEnvironment, LAUNCHER, ran, temporaryDirectory, trent } from './trent.ts'

const POLL_MS = 50
const POLLS_MAX = 600

/** Milliseconds after which a command waits for its input; a slow machine is given more and more. */
const WAITING_MS = [1_000, 4_000, 16_000, 60_000]

/** @returns the exit code, or `null` for a command that had not come as far as to wait. */
async function signalled(signal: NodeJS.Signals, afterMs: number): Promise<number | null> {
  using home = temporaryDirectory()
  const args = [LAUNCHER, 'decrypt', '--endpoint-url', 'http://127.0.0.1:9']
  const child = spawn(process.execPath, args, {
    cwd: home.path,
    env: cleanEnvironment(home.path),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const closed = once(child, 'close')
  await sleep(afterMs)
  child.kill(signal)
  const [code] = await closed
  return code
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal} ends a command that waits for its input`, async () => {
    let code: number | null = null
    for (const afterMs of WAITING_MS) code ??= await signalled(signal, afterMs)
    assert.equal(code, exitCode)
  })

for (const [state, pauseMs] of [
  ['that has just begun', 0],
  ['that waits for more input', WAITING_MS[0]],
] as const)
  test(`an interrupted encryption ${state} ends with exit 130 and leaves no file`, async () => {
    using home = temporaryDirectory()
    await using dev = trent(['dev', '--port', '0'], { home: home.path })
    const endpoint = ['--endpoint-url', await dev.url]
    await ran(['keys', 'create', '--alias', 'alias/app', ...endpoint], { home: home.path })
    const args = [LAUNCHER, 'encrypt', '--key', 'alias/app', '--out', 'encrypted', ...endpoint]
    const child = spawn(process.execPath, args, {
      cwd: home.path,
      env: cleanEnvironment(home.path),
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdin.on('error', () => undefined)
    child.stdin.write(Buffer.alloc(1_000_000))
    for (let i = 0; i < POLLS_MAX && readdirSync(home.path).length === 0; i++) await sleep(POLL_MS)
    assert.match(String(readdirSync(home.path)), /^\.encrypted\.\d+\.part$/)
    await sleep(pauseMs)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    assert.equal(code, 130, stderr)
    assert.equal(stderr, 'trent: interrupted\n')
    assert.deepEqual(readdirSync(home.path), [])
  })
