import type { DutyParts } from './request/duty-parts.ts'
import type { ManagedKeys } from './request/ports.ts'

type Parts = Pick<DutyParts, 'store' | 'hsm' | 'outbox' | 'clock' | 'ids'>

/** Loaded when somebody first names a key of AWS's, or lists aliases: most never do. */
export function defaultKeys(parts: Parts, isEmulator: boolean): ManagedKeys {
  let opened: Promise<ManagedKeys> | undefined
  const managed = () => {
    opened ??= open(parts, isEmulator)
    return opened
  }
  return {
    find: async (scope, name) => (await managed()).find(scope, name),
    listed: async () => (isEmulator ? (await managed()).listed() : []),
  }
}

/** The emulator has the keys of all of AWS's services; the service has those of no service. */
async function open(parts: Parts, isEmulator: boolean): Promise<ManagedKeys> {
  const { openManagedKeys } = await import('./request/managed-keys.ts')
  const { LISTED_DEFAULT_ALIASES, serviceOfAlias } = await import('./domain/managed-key.ts')
  return openManagedKeys(parts, {
    serviceOf: async (name) => (isEmulator ? serviceOfAlias(name) : undefined),
    listed: async () => LISTED_DEFAULT_ALIASES,
  })
}
