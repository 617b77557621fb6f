import { parseAccountId, parseRegion, type Region } from '../../src/domain/arn.ts'
import { encodeContext } from '../../src/domain/encryption-context.ts'
import { isError, type ServiceError } from '../../src/domain/error.ts'
import type { MaterialBinding } from '../../src/domain/key.ts'
import { parseKeyId } from '../../src/domain/key-id.ts'
import { createEphemeralRootKey, type OpenKeyProcess, openKeyProcess, type RootKey } from '../../src/hsm/client.ts'
import type { Authorized, NewMaterial, UsableKey, WrappedDomainKey } from '../../src/request/ports.ts'

export type Binding = Omit<MaterialBinding, 'materialId'>

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
export const OTHER_KEY_ID = '99999999-12ab-34cd-56ef-1234567890ab'

/** The value of a call that must succeed. */
export function ok<T>(value: T | ServiceError | undefined): T {
  if (isError(value) || value === undefined) throw new Error(`refused: ${JSON.stringify(value)}`)
  return value
}

/** The code of a call that must be refused, with its message if it has one. */
export function refusal(value: unknown): string {
  if (!isError(value)) return 'not refused'
  return value.message === undefined ? value.code : `${value.code}: ${value.message}`
}

export function binding(changes: Partial<Binding> = {}, keyId = KEY_ID, region = 'us-east-1'): Binding {
  return {
    account: ok(parseAccountId('111122223333')),
    region: ok(parseRegion(region)),
    keyId: ok(parseKeyId(keyId)),
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    ...changes,
  }
}

/** A proof as the pipeline would make it: the boundary under test is behind that check. */
export function parseProof<Action extends string>(action: Action): Authorized<Action> {
  return { action, resource: '*' } as Authorized<Action>
}

/** A key as the pipeline hands it over. */
export function parseUsable<Action extends string>(from: Binding, made: NewMaterial): UsableKey<Action> {
  const { account, region, keyId } = from
  return {
    proof: parseProof('kms:Any'),
    key: from,
    material: { account, region, keyId, createdAt: 0, ...made },
  } as unknown as UsableKey<Action>
}

export async function newKey<Action extends string>(hsm: OpenKeyProcess, from = binding()): Promise<UsableKey<Action>> {
  return parseUsable(from, ok(await hsm.createMaterial(parseProof('kms:CreateKey'), from)))
}

export const context = (pairs: Record<string, string> = {}) => ok(encodeContext(new Map(Object.entries(pairs))))

/** Domain keys in memory, as durable as a test needs. */
export function domainKeyStore(kept: WrappedDomainKey[] = []) {
  return {
    kept,
    load: async () => [...kept],
    save: async (key: WrappedDomainKey) => {
      kept.push(key)
    },
  }
}

export type Started = AsyncDisposable & {
  readonly hsm: OpenKeyProcess
  readonly rootKey: RootKey
  readonly store: ReturnType<typeof domainKeyStore>
  readonly log: string[]
}

/** A real key process with an ephemeral root key. */
export async function startHsm(options: { readonly adoptsMaterial?: boolean } = {}): Promise<Started> {
  const rootKey = ok(createEphemeralRootKey())
  const store = domainKeyStore()
  const log: string[] = []
  const hsm = ok(await openKeyProcess({ rootKey, domainKeys: store, log: (line) => log.push(line), ...options }))
  const close = async () => {
    await hsm[Symbol.asyncDispose]()
    rootKey[Symbol.dispose]()
  }
  return { hsm, rootKey, store, log, [Symbol.asyncDispose]: close }
}

export const region = (text: string): Region => ok(parseRegion(text))
