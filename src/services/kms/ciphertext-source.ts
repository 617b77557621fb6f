import { materialIdIn } from '../../domain/ciphertext-header.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { classOf } from '../../domain/key-spec.ts'
import { validationException } from '../../protocol/read.ts'
import { hiddenCiphertextKey } from '../../request/denial.ts'
import type { Finder } from '../../request/finder.ts'
import type { KeyTarget } from '../../request/targets.ts'

type Source<A extends string> = {
  readonly action: A
  readonly ciphertext: Uint8Array | undefined
  readonly keyId: string | undefined
  /** How the request names the key, as errors spell it. */
  readonly keyMember: 'keyId' | 'sourceKeyId'
  /** DryRun with IGNORE_CIPHERTEXT: only the key named in the request counts. */
  readonly ignoresCiphertext: boolean
  readonly algorithm: string
}

const missing = (member: string) =>
  validationException([`Value null at '${member}' failed to satisfy constraint: Member must not be null`])

const unnamed = ({ algorithm }: Pick<Source<string>, 'algorithm'>) =>
  error('ValidationException', `A key must be specified to decrypt with algorithm ${algorithm}.`)

/**
 * The key that a ciphertext was made with: the one named in the request, or the one that the ciphertext itself names.
 *
 * What RSA encrypted names nothing, so that the request must.
 *
 * @returns `InvalidCiphertextException` for bytes that are no ciphertext; `AccessDeniedException` when the key it names is unknown.
 */
export async function ciphertextSource<const A extends string>(
  find: Finder,
  source: Source<A>,
): Promise<KeyTarget<A> | ServiceError> {
  if (source.ignoresCiphertext)
    return source.keyId === undefined ? missing(source.keyMember) : find.key(source.action, source.keyId, 'accepted')
  if (source.ciphertext === undefined) return missing('ciphertextBlob')
  if (source.algorithm !== 'SYMMETRIC_DEFAULT')
    return source.keyId === undefined ? unnamed(source) : find.keyToUse(source.action, source.keyId)
  const materialId = materialIdIn(source.ciphertext)
  const material = materialId && (await find.material(materialId))
  if (source.keyId !== undefined) {
    const named = await find.key(source.action, source.keyId, 'accepted')
    return isError(named) || !material ? named : { ...named, material }
  }
  if (!materialId) return error('InvalidCiphertextException')
  const key = material && (await find.keyOf(material))
  return key
    ? { kind: 'key', action: source.action, key, material, isNamedByCiphertext: true }
    : hiddenCiphertextKey(find.caller.principal.arn, source.action)
}

/** After the key's state, before its usage: is the named key the one that made the ciphertext? Source: recorded order of errors. */
export function compareSource(
  target: KeyTarget,
  { ignoresCiphertext, algorithm }: Pick<Source<string>, 'ignoresCiphertext' | 'algorithm'>,
): ServiceError | undefined {
  if (ignoresCiphertext || algorithm !== 'SYMMETRIC_DEFAULT') return undefined
  // A key pair makes no symmetric ciphertext: what is wrong is that the request names no algorithm of its own.
  if (!target.material)
    return classOf(target.key.keySpec) === 'asymmetric' ? undefined : error('InvalidCiphertextException')
  const isSame = target.material.keyId === target.key.keyId && target.material.account === target.key.account
  return isSame
    ? undefined
    : error(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      )
}

/** Whether a request asks for a dry run that leaves the ciphertext out. */
export function ignoresCiphertext(input: {
  readonly DryRun?: boolean
  readonly DryRunModifiers?: readonly string[]
}): boolean {
  return input.DryRun === true && (input.DryRunModifiers ?? []).includes('IGNORE_CIPHERTEXT')
}
