import type { KeyId } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Tag } from '../../domain/key.ts'
import { isMultiRegionId, parseKeyId } from '../../domain/key-id.ts'
import { isRandomKeySpec, type KeySpec, RANDOM_MATERIAL_BYTES } from '../../domain/key-spec.ts'
import { HMAC_MATERIAL_MAX_BYTES } from '../../domain/limits.ts'

const CUSTOM_ID = '_custom_id_'
const CUSTOM_MATERIAL = '_custom_key_material_'

/** What a request to the emulator fixes about a new key. */
export type CustomKey = { readonly tags: readonly Tag[]; readonly keyId?: KeyId; readonly material?: Uint8Array }

/**
 * LocalStack's tags that fix a new key's id and material; the tags themselves are not kept.
 *
 * @param isAllowed - only in the emulator: a service that holds real keys takes them as ordinary tags.
 * @returns `ValidationException` for an id that is none and for material that a key of that spec cannot have.
 */
export function customKey(wanted: {
  readonly tags: readonly Tag[]
  readonly keySpec: KeySpec
  readonly multiRegion: boolean
  readonly isAllowed: boolean
}): CustomKey | ServiceError {
  const { tags, keySpec, multiRegion, isAllowed } = wanted
  const id = tags.find((tag) => tag.TagKey === CUSTOM_ID)?.TagValue
  const given = tags.find((tag) => tag.TagKey === CUSTOM_MATERIAL)?.TagValue
  if (!isAllowed || (id === undefined && given === undefined)) return { tags }
  const keyId = id === undefined ? undefined : parseKeyId(id)
  if (id !== undefined && !keyId)
    return error('ValidationException', `The value of the tag ${CUSTOM_ID} is not a key id.`)
  if (keyId && isMultiRegionId(keyId) !== multiRegion)
    return error(
      'ValidationException',
      `The value of the tag ${CUSTOM_ID} must begin with mrk- if MultiRegion is set, and only then.`,
    )
  const material = given === undefined ? undefined : materialOf(given, keySpec)
  if (isError(material)) return material
  return {
    tags: tags.filter((tag) => tag.TagKey !== CUSTOM_ID && tag.TagKey !== CUSTOM_MATERIAL),
    ...(keyId === undefined ? {} : { keyId }),
    ...(material === undefined ? {} : { material }),
  }
}

/** The tags of a request as its event may show them: the trail holds no key material, whichever way it was brought. */
export function withoutMaterial(tags: readonly Tag[]): readonly Tag[] {
  return tags.map((tag) => (tag.TagKey === CUSTOM_MATERIAL ? { TagKey: tag.TagKey, TagValue: '' } : tag))
}

/** AES keys have one length; HMAC keys at least that of their digest. Key pairs are read in the key process alone. */
function materialOf(text: string, keySpec: KeySpec): Uint8Array | ServiceError {
  const bytes = Buffer.from(text, 'base64')
  if (!isRandomKeySpec(keySpec)) return bytes
  const min = RANDOM_MATERIAL_BYTES[keySpec]
  const max = keySpec === 'SYMMETRIC_DEFAULT' ? min : HMAC_MATERIAL_MAX_BYTES
  if (bytes.toString('base64') === text && bytes.length >= min && bytes.length <= max) return bytes
  const wanted = min === max ? `${min}` : `${min} to ${max}`
  return error('ValidationException', `The value of the tag ${CUSTOM_MATERIAL} is not ${wanted} bytes in base64.`)
}
