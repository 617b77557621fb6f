import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseSession, play } from '../cli/session.ts'
import { cleanEnvironment, ROOT, type Trent, temporaryDirectory, trent } from '../cli/trent.ts'
import { missing } from '../support/command.ts'
import { missingPostgres, startPostgres } from '../support/postgres.ts'
import { startObjectStore } from '../support/s3rver.ts'

const PAGES = join(ROOT, 'docs', 'integrations')
const BLOCK = /^```console\n(.*?)^```$/gms
/** Programs that a page says it needs. */
const NEEDS = /^<!-- needs ([\w, ]+) -->$/m

const home = temporaryDirectory()
let emulator: Trent
before(() => {
  emulator = trent(['dev', '--port', '0'], { home: home.path })
})
after(async () => {
  await emulator[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

let account = 0
for (const file of readdirSync(PAGES)) {
  const page = readFileSync(join(PAGES, file), 'utf8')
  const needs = NEEDS.exec(page)?.[1]?.split(', ') ?? []
  const hasDatabase = needs.includes('postgres')
  const hasObjects = needs.includes('s3rver')
  const skip = hasObjects ? false : hasDatabase ? missingPostgres() : missing(...needs)
  test(`the sessions of ${basename(file)} go as written`, { skip }, async () => {
    using directory = temporaryDirectory()
    await using database = hasDatabase ? await startPostgres() : undefined
    await using objects = hasObjects ? await startObjectStore('photos') : undefined
    const AWS_ACCESS_KEY_ID = String(++account).padStart(12, '0')
    const env = {
      ...cleanEnvironment(directory.path),
      AWS_ENDPOINT_URL: await emulator.url,
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: 'us-east-1',
      ...(objects
        ? { AWS_ENDPOINT_URL_S3: objects.url, S3_ACCESS_KEY_ID: 'S3RVER', S3_SECRET_ACCESS_KEY: 'S3RVER' }
        : {}),
      ...(database ? { DATABASE_URL: database.url } : {}),
    }
    const words = new Map([
      ['account', AWS_ACCESS_KEY_ID],
      ['checkout', ROOT],
    ])
    const steps = [...page.matchAll(BLOCK)].flatMap(([, text = '']) => parseSession(text))
    assert.ok(steps.length > 0)
    for (const step of steps) {
      const { output, exitCode, differs } = play(step, words, { cwd: directory.path, env })
      const place = `${file}: $ ${step.command}\n${output}\n`
      assert.equal(differs, undefined, place + differs)
      assert.equal(exitCode, step.exitCode, `${place}exit ${exitCode}`)
    }
  })
}
