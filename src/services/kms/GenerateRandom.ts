import { error, isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { randomFrom } from './key-in-store.ts'
import { refuseRecipient } from './recipient.ts'
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
  async run(input, granted, call) {
    if (input.NumberOfBytes === undefined) return error('ValidationException', 'NumberOfBytes is required.')
    const refused = refuseRecipient(input)
    if (refused) return refused
    const bytes =
      input.CustomKeyStoreId === undefined
        ? await call.hsm.generateRandom(granted.account.proof, input.NumberOfBytes)
        : await randomFrom(input.CustomKeyStoreId, input.NumberOfBytes, call)
    return isError(bytes) ? bytes : { output: { Plaintext: bytes } }
  },
})
