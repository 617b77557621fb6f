import { createBatch, HELLO_ID, REPLIES } from '../wire.ts'
import { findHole } from './cage.ts'
import { type Channel, openChannel } from './channel.ts'
import { createDomainKeys } from './domain-keys.ts'
import { createMaterialIds, createMaterials } from './material.ts'
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

async function start(channel: Channel): Promise<void> {
  const hole = await findHole()
  if (hole) return refuseToServe(channel, `the key process is not caged: ${hole}`)
  const failed = failedSelfTest()
  if (failed) return refuseToServe(channel, `the key process failed its self-test: ${failed}`)
  const rootKey = readRootKey(ROOT_KEY_FD)
  if (!rootKey) return refuseToServe(channel, 'the root key file is damaged')
  const domainKeys = createDomainKeys(rootKey)
  const boundary = { domainKeys, material: createMaterials(domainKeys) }
  const adopts = process.argv.includes(ADOPTS_MATERIAL)
  serve(channel, adopts ? { ...boundary, materialIds: createMaterialIds(rootKey) } : boundary)
}

await start(openChannel(CHANNEL_FD))
