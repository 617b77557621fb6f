import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { missing } from '../support/command.ts'
import { parseSession, play } from './session.ts'
import { cleanEnvironment, type Trent, temporaryDirectory, trent } from './trent.ts'

const SESSIONS = join(import.meta.dirname, 'sessions')

const home = temporaryDirectory()
let emulator: Trent
before(() => {
  emulator = trent(['dev', '--port', '0'], { home: home.path })
})
after(async () => {
  await emulator[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

/** Programs that a session begins with asking for. */
const NEEDS = /^# Needs ([\w, ]+)\.$/m

let account = 0
for (const file of readdirSync(SESSIONS)) {
  const session = readFileSync(join(SESSIONS, file), 'utf8')
  const skip = missing(...(NEEDS.exec(session)?.[1]?.split(', ') ?? []))
  test(`the session ${basename(file, '.txt')} goes as written`, { skip }, async () => {
    using directory = temporaryDirectory()
    // An account of its own, so that no session sees the keys of another one.
    const AWS_ACCESS_KEY_ID = String(++account).padStart(12, '0')
    const env = {
      ...cleanEnvironment(directory.path),
      AWS_ENDPOINT_URL: await emulator.url,
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: 'us-east-1',
    }
    const words = new Map([['account', AWS_ACCESS_KEY_ID]])
    for (const step of parseSession(session)) {
      const { output, exitCode, differs } = play(step, words, { cwd: directory.path, env })
      const place = `${file}:${step.line}: $ ${step.command}\n${output}\n`
      assert.equal(differs, undefined, place + differs)
      assert.equal(exitCode, step.exitCode, `${place}exit ${exitCode}`)
    }
  })
}
