import type { AccountId } from './domain/arn.ts'
import { SERVICES_MAX } from './domain/limits.ts'
import type { DutyParts } from './request/duty-parts.ts'
import type { ManagedKeys } from './request/ports.ts'

type Parts = Pick<DutyParts, 'store' | 'hsm' | 'outbox' | 'clock' | 'ids'> & { readonly operator: AccountId }

/** Loaded when somebody first names a key of AWS's, or lists aliases: most never do. */
export function defaultKeys(parts: Parts, isEmulator: boolean): ManagedKeys {
  let opened: Promise<ManagedKeys> | undefined
  const managed = () => {
    opened ??= open(parts, isEmulator)
    return opened
  }
  return {
    find: async (scope, name) => (await managed()).find(scope, name),
    listed: async () => (await managed()).listed(),
  }
}

/** The emulator has the keys of all of AWS's services, and both have those of the services that are integrated. */
async function open(parts: Parts, isEmulator: boolean): Promise<ManagedKeys> {
  const { openManagedKeys } = await import('./request/managed-keys.ts')
  const { defaultAlias, defaultKeyOf, LISTED_DEFAULT_ALIASES, serviceOfAlias } = await import('./domain/managed-key.ts')
  const { store, operator } = parts
  const integrated = async () => {
    const services = await store.listEntities(operator, 'service', { limit: SERVICES_MAX })
    return services.map(({ name }) => defaultKeyOf(name))
  }
  return openManagedKeys(parts, {
    async serviceOf(name) {
      const known = isEmulator ? serviceOfAlias(name) : undefined
      return known ?? (await integrated()).find((service) => defaultAlias(service) === name)
    },
    async listed() {
      const names = (await integrated()).map(defaultAlias)
      return isEmulator ? [...new Set([...LISTED_DEFAULT_ALIASES, ...names])] : names
    },
  })
}
