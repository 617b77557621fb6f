import { flushCompileCache } from 'node:module'
import { availableParallelism } from 'node:os'
import { KEY_LANE_AT_ONCE_MAX, KEY_LANE_WAITING_MAX, KEY_PAIRS_WAITING_MAX } from '../../domain/limits.ts'
import { isRsaKeySpec } from '../../domain/rsa-encryption.ts'
import { createBatch, HELLO_ID, REPLIES } from '../wire.ts'
import { createAttestations, parseTrust } from './attestation.ts'
import { findHole } from './cage.ts'
import { type Channel, openChannel } from './channel.ts'
import { createDomainKeys } from './domain-keys.ts'
import { createProofs } from './families.ts'
import { createGrantTokens } from './grant-tokens.ts'
import { newKeyPair } from './key-pair.ts'
import { createLane, type Lane } from './lane.ts'
import { createMaterialIds, createMaterials, type NewKeyPair } from './material.ts'
import { readRootKey } from './root-key.ts'
import { failedSelfTest } from './self-test.ts'
import { serve } from './serve.ts'

/** Inherited file descriptors: the socket to the API process, and the root key file. */
const CHANNEL_FD = 3
const ROOT_KEY_FD = 4
/** Argument of a process that wraps material brought in the clear. */
const ADOPTS_MATERIAL = 'adopts-material'

/** The process ends with its channel, when requests under way are answered, and not with a signal to the whole group. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => {})
/** A mistake ends the process without a word: a stack trace could quote what only this process may know. */
process.on('uncaughtException', () => process.exit(70))

function refuseToServe(channel: Channel, reason: string): void {
  const batch = createBatch((bytes) => channel.write(bytes, () => process.exit(1)))
  batch.add(HELLO_ID, REPLIES.notReady, [Buffer.from(reason)])
  batch.flush()
}

/** One core stays with the event loop. */
const lanesAtOnce = () => Math.max(1, Math.min(KEY_LANE_AT_ONCE_MAX, availableParallelism() - 1))

/** RSA primes take up to seconds, so they have a lane of their own: nothing else waits behind them. */
function createLanes(answered: () => number): { readonly lane: Lane; readonly newKeyPair: NewKeyPair } {
  const lane = createLane({ atOnce: lanesAtOnce(), waitingMax: KEY_LANE_WAITING_MAX, answered })
  const primes = createLane({ atOnce: 1, waitingMax: KEY_PAIRS_WAITING_MAX, answered })
  return { lane, newKeyPair: (keySpec) => (isRsaKeySpec(keySpec) ? primes : lane).run(() => newKeyPair(keySpec)) }
}

async function start(channel: Channel): Promise<void> {
  // Everything is loaded, and after the cage is closed nothing could be written any more.
  flushCompileCache()
  const hole = await findHole()
  if (hole) return refuseToServe(channel, `the key process is not caged: ${hole}`)
  const failed = failedSelfTest()
  if (failed) return refuseToServe(channel, `the key process failed its self-test: ${failed}`)
  const rootKey = readRootKey(ROOT_KEY_FD)
  if (!rootKey) return refuseToServe(channel, 'the root key file is damaged')
  const domainKeys = createDomainKeys(rootKey)
  const trust = parseTrust(process.argv)
  if (!trust) return refuseToServe(channel, 'an attestation root is not a certificate')
  const served = { atOnce: 0 }
  serve(channel, {
    served,
    domainKeys,
    material: createMaterials(domainKeys),
    ...createLanes(() => served.atOnce),
    isProven: createProofs(),
    grantTokens: createGrantTokens(rootKey),
    materialIds: createMaterialIds(rootKey),
    adoptsMaterial: process.argv.includes(ADOPTS_MATERIAL),
    attestations: createAttestations(trust),
  })
}

await start(openChannel(CHANNEL_FD))
