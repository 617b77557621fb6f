import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A PostgreSQL server of a test's own, on a free port of this machine; all of it is gone at the end. */
export type Postgres = AsyncDisposable & { readonly url: string }

/** Where Debian and others put the server's programs. */
const DIRECTORIES = ['/usr/local/bin', ...globSync('/usr/lib/postgresql/*/bin').sort().reverse()]
const program = (name: string) => DIRECTORIES.map((path) => join(path, name)).find((path) => existsSync(path))

/** How a test says that there is no PostgreSQL server. */
export function missingPostgres(): string | false {
  const isThere = program('initdb') !== undefined && program('postgres') !== undefined
  return isThere || process.env.CI === 'true' ? false : 'install: postgresql'
}

/** The server refuses to run as root. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export async function startPostgres(): Promise<Postgres> {
  const user = serverUser()
  const data = mkdtempSync(join(tmpdir(), 'trent-postgres-'))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(data, user.uid, user.gid)
  const options = { ...user, cwd: data, stdio: 'ignore' } as const
  execFileSync(program('initdb') ?? 'initdb', ['-D', data, '-U', 'trent', '-A', 'trust', '--no-sync'], options)
  const port = await freePort()
  const settings = ['-c', 'fsync=off', '-c', `unix_socket_directories=${data}`, '-h', '127.0.0.1', '-p', String(port)]
  const server = spawn(program('postgres') ?? 'postgres', ['-D', data, ...settings], options)
  const gone = new Promise((resolve) => server.once('exit', resolve))
  await ready(data)
  return {
    url: `postgres://trent@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      server.kill('SIGINT')
      await gone
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** The last line of its lock file says that it takes connections. */
async function ready(data: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const status = existsSync(join(data, 'postmaster.pid'))
      ? execFileSync('tail', ['-n', '1', join(data, 'postmaster.pid')], { encoding: 'utf8' }).trim()
      : ''
    if (status === 'ready') return
    await delay(50)
  }
  throw new Error('PostgreSQL did not start')
}
