import { type AliasName, keyArn, type Scope } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Alias, Key, KeyMaterial } from '../domain/key.ts'
import { newKeyId } from '../domain/key-id.ts'
import { COMMIT_ATTEMPTS_MAX, ROTATION_PERIOD_DAYS } from '../domain/limits.ts'
import { type DefaultKeyService, defaultKeyDescription, defaultKeyPolicyText } from '../domain/managed-key.ts'
import { NEVER_ROTATED, scheduleFrom } from '../domain/rotation.ts'
import { authorizeDuty } from './authorize.ts'
import type { DutyParts } from './duty-parts.ts'
import { rotationDuty } from './key-rotation.ts'
import type { ManagedKeys } from './ports.ts'
import { serviceEvent } from './service-event.ts'

/** Which services have such keys here. */
export type DefaultKeys = {
  serviceOf(name: AliasName): Promise<DefaultKeyService | undefined>
  listed(): Promise<readonly AliasName[]>
}

type Parts = Pick<DutyParts, 'store' | 'hsm' | 'outbox' | 'clock' | 'ids'>

export function openManagedKeys(parts: Parts, services: DefaultKeys): ManagedKeys {
  return {
    listed: () => services.listed(),
    async find(scope, name) {
      const service = await services.serviceOf(name)
      if (!service) return undefined
      for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
        const alias = await parts.store.findAlias(scope, name)
        const key = alias
          ? await parts.store.findKey(scope, alias.targetKeyId)
          : await make(parts, service, scope, name)
        // Whoever made it meanwhile made the same.
        if (key !== 'conflict') return key
      }
      return error('ThrottlingException', 'The key is being made by other requests.')
    },
  }
}

async function make(
  { store, hsm, outbox, clock, ids }: Parts,
  service: DefaultKeyService,
  scope: Scope,
  name: AliasName,
): Promise<Key | ServiceError | 'conflict'> {
  const keyId = newKeyId(ids, false)
  const kind = { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS' } as const
  const binding = { ...scope, keyId, ...kind }
  const made = await hsm.createMaterial(authorizeDuty('CreateKey', { scope, keyId }), binding)
  if (isError(made)) return made
  const createdAt = clock.now()
  const key: Key = {
    ...binding,
    arn: keyArn(scope, keyId),
    revision: 1,
    createdAt,
    description: defaultKeyDescription(service),
    manager: 'AWS',
    multiRegion: false,
    state: { name: 'Enabled' },
    policy: defaultKeyPolicyText(service, scope),
    tags: [],
    currentMaterialId: made.materialId,
    rotation: { ...NEVER_ROTATED, schedule: scheduleFrom(createdAt, ROTATION_PERIOD_DAYS.default) },
  }
  const material: KeyMaterial = { ...scope, keyId, createdAt, ...made }
  const alias: Alias = { ...scope, name, targetKeyId: keyId, createdAt, updatedAt: createdAt }
  const eventId = ids.uuid()
  const event = { eventId, line: serviceEvent({ eventId, time: createdAt, eventName: 'CreateKey', key }) }
  const committed = await store.commit(
    [{ kind: 'insert-key', key, material }, { kind: 'insert-alias', alias }, rotationDuty(key)],
    event,
  )
  if (committed !== 'committed') return committed
  outbox.deliver(event)
  return key
}
