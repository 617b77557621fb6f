/**
 * Kills the service without warning, again and again, and looks whether it kept its word: `node scripts/kill-rounds.ts
 * [--rounds N] [--minutes M]`.
 *
 * In each round API process and key process are killed at once, under load or while they start, and started again on the
 * same data. Every acknowledged key, alias and tag must be there, every ciphertext must decrypt, every answer ever given
 * must have its event in the trail, and the trail must verify.
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkPromises, checkTrail } from './kill-rounds/check.ts'
import { keepPromises, type Ledger, noPromises, openLedger, type Promises } from './kill-rounds/ledger.ts'
import { loadUntilGone } from './kill-rounds/load.ts'
import { openKmsClient, readCredentials } from './kms-client.ts'
import { launchTrent, startTrentProcess, type TrentProcess } from './trent-process.ts'

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, minutes: { type: 'string', default: '60' } },
})
const rounds = Number(options.rounds)
const deadline = Date.now() + Number(options.minutes) * 60_000

/** Milliseconds of load before the kill, at most. */
const LOAD_MAX_MS = 400
/** Milliseconds after its start at which a service that is killed while it starts dies, at most. */
const START_MAX_MS = 800
/** One round in so many is killed while it starts. */
const START_KILLS_EVERY = 6
/** Rounds between two looks at the whole trail. */
const TRAIL_EVERY = 50
/** First starts that are killed, each in a directory of its own. */
const FIRST_STARTS = Math.ceil(rounds / 30)

const clientOf = (data: string, { url }: TrentProcess) => openKmsClient({ url, credentials: readCredentials(data) })

/** A first start that was killed must leave a directory in which the next start succeeds, with credentials that work. */
async function killFirstStart(directory: string, ledger: Ledger): Promise<void> {
  const data = mkdtempSync(join(directory, 'first-'))
  const { kill, running } = launchTrent({ mode: 'serve', data })
  const settled = running.catch(() => undefined)
  await delay(randomInt(START_MAX_MS))
  await kill()
  await settled
  await using trent = await startTrentProcess({ mode: 'serve', data })
  const client = clientOf(data, trent)
  const { status, text } = await client.call('CreateKey', {})
  client.close()
  if (status !== 200) ledger.problems.push(`after a killed first start: ${text}`)
}

async function killWhileStarting(data: string): Promise<void> {
  const { kill, running } = launchTrent({ mode: 'serve', data })
  const settled = running.catch(() => undefined)
  await delay(randomInt(START_MAX_MS))
  await kill()
  await settled
}

/** Checks what the last round promised, then makes new promises until the kill. */
async function playRound(data: string, ledger: Ledger, number: number, last: Promises): Promise<Promises> {
  if (number % START_KILLS_EVERY === 0) await killWhileStarting(data)
  const trent = await startTrentProcess({ mode: 'serve', data })
  const client = clientOf(data, trent)
  await checkPromises(client, ledger, number - 1, last)
  if (number % TRAIL_EVERY === 0) await checkTrail(data, ledger)
  let isOver = false
  const loaded = loadUntilGone(client, ledger, number, () => isOver)
  await delay(randomInt(LOAD_MAX_MS))
  await trent.kill()
  isOver = true
  const made = await loaded
  client.close()
  return made
}

async function finalCheck(data: string, ledger: Ledger, last: Promises): Promise<number> {
  await using trent = await startTrentProcess({ mode: 'serve', data })
  const client = clientOf(data, trent)
  await checkPromises(client, ledger, rounds, last)
  await checkPromises(client, ledger, rounds, ledger.kept)
  client.close()
  await trent.stop()
  return checkTrail(data, ledger)
}

const directory = mkdtempSync(join(tmpdir(), 'trent-kill-'))
const ledger = openLedger()
let played = 0
try {
  for (let i = 0; i < FIRST_STARTS; i += 1) await killFirstStart(directory, ledger)
  const data = mkdtempSync(join(directory, 'data-'))
  await (await startTrentProcess({ mode: 'serve', data })).stop()
  let last = noPromises()
  while (played < rounds && Date.now() < deadline && ledger.problems.length === 0) {
    played += 1
    last = await playRound(data, ledger, played, last)
    keepPromises(ledger, last)
    if (played % 10 === 0) process.stderr.write(`round ${played} of ${rounds}\n`)
  }
  const events = await finalCheck(data, ledger, last)
  const { acknowledged, ciphertexts } = ledger.counts
  process.stdout.write(
    `${played} rounds: ${acknowledged} acknowledged changes, ${ciphertexts} ciphertexts, ${ledger.answers.size} answers, ${events} events.\n`,
  )
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const problem of ledger.problems) process.stdout.write(`${problem}\n`)
if (played < rounds) process.stdout.write(`Only ${played} of ${rounds} rounds were played.\n`)
const isKept = ledger.problems.length === 0 && played === rounds
process.stdout.write(
  isKept
    ? 'kill-rounds: 0 acknowledged changes lost, 0 answers without a record, every ciphertext decrypts, the trail verifies.\n'
    : `kill-rounds: FAILED with ${ledger.problems.length} problems.\n`,
)
process.exitCode = isKept ? 0 : 1
