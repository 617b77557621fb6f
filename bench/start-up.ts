import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openKmsClient } from '../scripts/kms-client.ts'

const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'trent')
/** Milliseconds between attempts to connect, and after which there is none any more. */
const RETRY_MS = 2
const GIVE_UP_MS = 20_000
/** Milliseconds after its start at which a process has kept its compiled code. */
const COMPILED_CODE_KEPT_MS = 2_500

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** Milliseconds from starting `trent dev` to its first answer to a KMS request. */
async function startOnce(cache: string, staysMs: number): Promise<number> {
  const port = await freePort()
  const client = openKmsClient(
    { url: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
    1,
  )
  const started = performance.now()
  const child = spawn(process.execPath, [LAUNCHER, 'dev', '--port', String(port)], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: 'ignore',
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  try {
    while (performance.now() - started < GIVE_UP_MS) {
      const isAnswered = await client.call('ListKeys', {}).then(({ status }) => status === 200, refusedConnection)
      if (isAnswered) return performance.now() - started
      await delay(RETRY_MS)
    }
    throw new Error('trent dev does not answer')
  } finally {
    client.close()
    await delay(staysMs)
    child.kill('SIGTERM')
    await gone
  }
}

function refusedConnection(cause: unknown): false {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') return false
  throw cause
}

/** Milliseconds: the very first start of an installation, which compiles everything, and `times` later ones. */
export async function measureStarts(
  times: number,
): Promise<{ readonly first: number; readonly later: readonly number[] }> {
  const cache = mkdtempSync(join(tmpdir(), 'trent-bench-cache-'))
  try {
    const first = await startOnce(cache, COMPILED_CODE_KEPT_MS)
    const later: number[] = []
    for (let i = 0; i < times; i += 1) later.push(await startOnce(cache, 0))
    return { first, later }
  } finally {
    rmSync(cache, { recursive: true })
  }
}
