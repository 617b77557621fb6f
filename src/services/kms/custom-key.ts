import type { KeyId } from '../../domain/arn.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import type { Tag } from '../../domain/key.ts'
import { parseKeyId } from '../../domain/key-id.ts'

const CUSTOM_ID = '_custom_id_'
const CUSTOM_MATERIAL = '_custom_key_material_'

/** What a request to the emulator fixes about a new key. */
export type CustomKey = { readonly tags: readonly Tag[]; readonly keyId?: KeyId; readonly material?: Uint8Array }

/**
 * LocalStack's tags that fix a new key's id and material; the tags themselves are not kept.
 *
 * @param isAllowed - only in the emulator: a service that holds real keys takes them as ordinary tags.
 */
export function customKey(tags: readonly Tag[], isAllowed: boolean): CustomKey | ServiceError {
  const id = tags.find((tag) => tag.TagKey === CUSTOM_ID)?.TagValue
  const material = tags.find((tag) => tag.TagKey === CUSTOM_MATERIAL)?.TagValue
  if (!isAllowed || (id === undefined && material === undefined)) return { tags }
  const keyId = id === undefined ? undefined : parseKeyId(id)
  if (id !== undefined && !keyId)
    return error('ValidationException', `The value of the tag ${CUSTOM_ID} is not a key id.`)
  return {
    tags: tags.filter((tag) => tag.TagKey !== CUSTOM_ID && tag.TagKey !== CUSTOM_MATERIAL),
    ...(keyId === undefined ? {} : { keyId }),
    ...(material === undefined ? {} : { material: Buffer.from(material, 'base64') }),
  }
}
