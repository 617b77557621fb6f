import { closeSync, openSync, unlinkSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from '../compiled-code.ts'

/** What a caged process answers to an attempt. Any other failure is no proof: another day the attempt might succeed. */
const DENIED: ReadonlySet<unknown> = new Set([
  'ERR_ACCESS_DENIED',
  'ERR_DLOPEN_DISABLED',
  'ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED',
])

/** An attempt at something forbidden. It throws or rejects, or the thing was done. */
type Attempt = () => unknown

const outcome = (emitter: NodeJS.EventEmitter, event: string) =>
  new Promise((resolve, reject) => emitter.once(event, resolve).once('error', reject))

function write(path: string): void {
  closeSync(openSync(path, 'a'))
  if (path !== devNull) unlinkSync(path)
}

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'write a file': () => write(devNull),
  'create a file': () => write(join(tmpdir(), `trent-cage-${process.pid}`)),
  'read a file of the host': () => closeSync(openSync(process.execPath, 'r')),
  'read its own source': () => closeSync(openSync(import.meta.filename, 'r')),
  connect: () => outcome(process.getBuiltinModule('node:net').connect(1, '127.0.0.1'), 'connect'),
  'connect to a local socket': () =>
    outcome(process.getBuiltinModule('node:net').connect(join(tmpdir(), 'none')), 'connect'),
  // Without a host, because with one the denial is thrown where nobody can catch it.
  listen: () => outcome(process.getBuiltinModule('node:net').createServer().listen(0), 'listening'),
  'send datagrams': () => {
    const socket = process.getBuiltinModule('node:dgram').createSocket('udp4')
    const bound = outcome(socket, 'listening')
    socket.bind(0, '127.0.0.1')
    return bound
  },
  'resolve names': () => process.getBuiltinModule('node:dns').promises.lookup('localhost.invalid'),
  'query name servers': () => process.getBuiltinModule('node:dns').promises.resolve4('localhost.invalid'),
  'start a process': () => process.getBuiltinModule('node:child_process').spawnSync(process.execPath, ['--version']),
  'become another program': () => process.execve?.(devNull, []),
  'start a worker': () => new (process.getBuiltinModule('node:worker_threads').Worker)('0', { eval: true }).terminate(),
  'load an addon': () => process.dlopen({ exports: {} }, join(tmpdir(), 'none.node')),
  'load a crypto engine': () => process.getBuiltinModule('node:crypto').setEngine(join(tmpdir(), 'none.so')),
  'open the inspector': () => process.getBuiltinModule('node:inspector').open(0, '127.0.0.1'),
  'inspect itself': () => new (process.getBuiltinModule('node:inspector').Session)().connect(),
  'write a heap snapshot': () => process.getBuiltinModule('node:v8').writeHeapSnapshot(join(tmpdir(), 'none.heap')),
}

/** Modules that open files or foreign code past the permission model: they must not be there at all. */
const ABSENT = ['node:sqlite', 'node:ffi', 'node:vfs'] as const
const SCOPES = ['fs', 'fs.read', 'fs.write', 'net', 'child', 'worker', 'addon', 'inspector', 'wasi', 'ffi'] as const

const READS = '--allow-fs-read='
const WRITES = '--allow-fs-write='
/** What no cage may have but the place of its compiled code, which it gives up like its sources. */
const HOLE = /^--(?:allow-(?!fs-read=)|inspect|permission-audit)/

/** Arguments that make the cage; without any of them it is another cage. */
const REQUIRED = ['--permission', '--disable-sigusr1'] as const

async function isDenied(attempt: Attempt): Promise<boolean> {
  try {
    await attempt()
    return false
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && DENIED.has(thrown.code)
  }
}

/** What is wrong with the way the process was started; it finds a hole that no attempt happens to go through. */
function startedWrongly(): string | undefined {
  const { compiledCode, others } = readEnvironment(process.env)
  if (others.length > 0) return 'it has an environment'
  const missing = REQUIRED.find((argument) => !process.execArgv.includes(argument))
  if (missing) return `it was started without ${missing}`
  const kept = compiledCode === undefined ? undefined : `${WRITES}${compiledCode}`
  const hole = process.execArgv.find((argument) => argument !== kept && HOLE.test(argument))
  return hole && `it was started with ${hole}`
}

/** Everything is loaded by now; the permissions for files were for that only. */
function giveUpFiles(): void {
  for (const argument of process.execArgv)
    if (argument.startsWith(READS)) process.permission.drop('fs.read', argument.slice(READS.length))
    else if (argument.startsWith(WRITES)) process.permission.drop('fs.write', argument.slice(WRITES.length))
  process.permission.drop('fs.read')
}

/**
 * Gives up files, then tries everything that the key process must not be able to do.
 *
 * @returns nothing when every attempt was denied; else what was not, in words for the operator.
 */
export async function findHole(): Promise<string | undefined> {
  const wrong = startedWrongly()
  if (wrong) return wrong
  giveUpFiles()
  const granted = SCOPES.find((scope) => process.permission.has(scope))
  if (granted) return `it has the permission ${granted}`
  const present = ABSENT.find((name) => process.getBuiltinModule(name) !== undefined)
  if (present) return `it has the module ${present}`
  for (const [name, attempt] of Object.entries(ATTEMPTS)) if (!(await isDenied(attempt))) return `it can ${name}`
  return undefined
}
