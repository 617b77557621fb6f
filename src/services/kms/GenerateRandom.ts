import { error, isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { randomFrom } from './key-in-store.ts'
import { recipientConditions, recipientNoted, recipientOf } from './recipient.ts'
import * as shapes from './shapes.ts'

/**
 * Random bytes from the key process.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html
 */
export const GenerateRandom = operation({
  name: 'GenerateRandom',
  input: {
    NumberOfBytes: optional(shapes.NumberOfBytesType),
    CustomKeyStoreId: optional(shapes.CustomKeyStoreIdType),
    Recipient: optional(shapes.RecipientInfo),
  },
  output: { Plaintext: optional(shapes.PlaintextType), CiphertextForRecipient: optional(shapes.CiphertextType) },
  errors: ['UnsupportedOperationException', 'CustomKeyStoreNotFoundException', 'CustomKeyStoreInvalidStateException'],
  readOnly: true,
  quota: 'symmetric',
  states: 'any',
  event: { request: 'none' },
  targets: async () => ({ account: account('kms:GenerateRandom') }),
  conditions: recipientConditions,
  async run(input, granted, call) {
    if (input.NumberOfBytes === undefined) return error('ValidationException', 'NumberOfBytes is required.')
    const recipient = recipientOf(input)
    if (isError(recipient)) return recipient
    // What a cluster makes comes in the clear to this process, which must not see a recipient's secret.
    if (recipient && input.CustomKeyStoreId !== undefined)
      return error('UnsupportedOperationException', 'Recipient is not supported with CustomKeyStoreId.')
    const bytes =
      input.CustomKeyStoreId === undefined
        ? await call.hsm.generateRandom(granted.account.proof, input.NumberOfBytes, recipient)
        : await randomFrom(input.CustomKeyStoreId, input.NumberOfBytes, call)
    if (isError(bytes)) return bytes
    if (recipient) return { output: { CiphertextForRecipient: bytes }, ...recipientNoted(input) }
    return { output: { Plaintext: bytes } }
  },
})
