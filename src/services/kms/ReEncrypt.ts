import type { EncryptionContext } from '../../domain/encryption-context.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { plaintextTooLong } from '../../domain/rsa-encryption.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Manner } from '../../request/ports.ts'
import { ciphertextSource, compareSource, ignoresCiphertext } from './ciphertext-source.ts'
import { contextConditions, mannerOf } from './conditions.ts'
import * as shapes from './shapes.ts'

/**
 * Decrypts and encrypts anew in one step; the plaintext never leaves the key process.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
 */
export const ReEncrypt = operation({
  name: 'ReEncrypt',
  input: {
    CiphertextBlob: optional(shapes.CiphertextType),
    SourceEncryptionContext: optional(shapes.EncryptionContextType),
    SourceKeyId: optional(shapes.KeyIdType),
    DestinationKeyId: shapes.KeyIdType,
    DestinationEncryptionContext: optional(shapes.EncryptionContextType),
    SourceEncryptionAlgorithm: withDefault(shapes.EncryptionAlgorithmSpec, 'SYMMETRIC_DEFAULT'),
    DestinationEncryptionAlgorithm: withDefault(shapes.EncryptionAlgorithmSpec, 'SYMMETRIC_DEFAULT'),
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
    DryRunModifiers: optional(shapes.DryRunModifierList),
  },
  output: {
    CiphertextBlob: optional(shapes.CiphertextType),
    SourceKeyId: optional(shapes.KeyIdType),
    KeyId: optional(shapes.KeyIdType),
    SourceEncryptionAlgorithm: optional(shapes.EncryptionAlgorithmSpec),
    DestinationEncryptionAlgorithm: optional(shapes.EncryptionAlgorithmSpec),
    SourceKeyMaterialId: optional(shapes.BackingKeyIdType),
    DestinationKeyMaterialId: optional(shapes.BackingKeyIdType),
  },
  errors: [
    'NotFoundException',
    'DisabledException',
    'KeyUnavailableException',
    'InvalidKeyUsageException',
    'InvalidGrantTokenException',
    'KMSInvalidStateException',
    'DryRunOperationException',
    'InvalidCiphertextException',
    'IncorrectKeyException',
  ],
  readOnly: true,
  quota: 'symmetric',
  states: 'crypto',
  crypto: {
    usage: 'ENCRYPT_DECRYPT',
    algorithm: (input, target) =>
      target === 'source' ? input.SourceEncryptionAlgorithm : input.DestinationEncryptionAlgorithm,
  },

  async targets(input, find) {
    const source = await ciphertextSource(find, {
      action: 'kms:ReEncryptFrom',
      ciphertext: input.CiphertextBlob,
      keyId: input.SourceKeyId,
      keyMember: 'sourceKeyId',
      ...sourceOf(input),
    })
    if (isError(source)) return source
    // Before the destination is looked up: a wrong source is reported even when the destination is wrong too.
    const mismatch = compareSource(source, sourceOf(input))
    if (mismatch?.code === 'IncorrectKeyException') return mismatch
    const destination = await find.keyToUse('kms:ReEncryptTo', input.DestinationKeyId)
    return isError(destination) ? destination : { source, destination }
  },
  conditions: (input, target, { source, destination }) => ({
    ...contextConditions(target === 'source' ? input.SourceEncryptionContext : input.DestinationEncryptionContext),
    'kms:EncryptionAlgorithm':
      target === 'source' ? input.SourceEncryptionAlgorithm : input.DestinationEncryptionAlgorithm,
    'kms:ReEncryptOnSameKey': String(source.key.arn === destination.key.arn),
  }),
  compare: (input, { source }) => compareSource(source, sourceOf(input)),

  async run(input, { source, destination }, { hsm }) {
    const answer = {
      SourceKeyId: source.key.arn,
      KeyId: destination.key.arn,
      SourceEncryptionAlgorithm: input.SourceEncryptionAlgorithm,
      DestinationEncryptionAlgorithm: input.DestinationEncryptionAlgorithm,
    }
    if (ignoresCiphertext(input) || !input.CiphertextBlob) return { output: answer }
    const from = source.usable()
    if (isError(from)) return from
    const to = destination.usable()
    if (isError(to)) return to
    const manners = mannersOf(input)
    if (isError(manners)) return manners
    const ciphertext = input.CiphertextBlob
    const made = await hsm.reEncrypt(from, { ciphertext, manner: manners.from }, to, { manner: manners.to })
    // Only the key process knows how long the plaintext is.
    if (isError(made) && made.code === 'ValidationException' && typeof manners.to === 'string')
      return plaintextTooLong(to.key.keySpec, manners.to)
    if (isError(made)) return made
    const materials = {
      ...(from.key.keySpec === 'SYMMETRIC_DEFAULT' ? { SourceKeyMaterialId: from.material.materialId } : {}),
      ...(to.key.keySpec === 'SYMMETRIC_DEFAULT' ? { DestinationKeyMaterialId: to.material.materialId } : {}),
    }
    return { output: { ...answer, CiphertextBlob: made.ciphertext, ...materials } }
  },
})

type Manners = {
  readonly SourceEncryptionAlgorithm: string
  readonly SourceEncryptionContext?: EncryptionContext
  readonly DestinationEncryptionAlgorithm: string
  readonly DestinationEncryptionContext?: EncryptionContext
}

function mannersOf(input: Manners): { readonly from: Manner; readonly to: Manner } | ServiceError {
  const from = mannerOf(input.SourceEncryptionAlgorithm, input.SourceEncryptionContext)
  if (isError(from)) return from
  const to = mannerOf(input.DestinationEncryptionAlgorithm, input.DestinationEncryptionContext)
  return isError(to) ? to : { from, to }
}

function sourceOf(input: Parameters<typeof ignoresCiphertext>[0] & Pick<Manners, 'SourceEncryptionAlgorithm'>) {
  return { ignoresCiphertext: ignoresCiphertext(input), algorithm: input.SourceEncryptionAlgorithm }
}
