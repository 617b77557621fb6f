import { error } from '../../domain/error.ts'
import { blob, list, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'

/** Bytes of a public key at most: DER of an RSA key of 4096 bits. */
const KEY_MAX_BYTES = 550

const PublicKey = structure({
  Value: optional(blob(1, KEY_MAX_BYTES)),
  ValidityStartTime: optional(timestamp()),
  ValidityEndTime: optional(timestamp()),
  Fingerprint: optional(text()),
})

/**
 * The public keys that verify digest files, of the times asked for or of now. All fit one page.
 *
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
 */
export const ListPublicKeys = operation({
  name: 'ListPublicKeys',
  input: { StartTime: optional(timestamp()), EndTime: optional(timestamp()), NextToken: optional(text()) },
  output: { PublicKeyList: optional(list(PublicKey)), NextToken: optional(text()) },
  errors: ['InvalidTimeRangeException', 'InvalidTokenException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('cloudtrail:ListPublicKeys') }),
  async run(input, _granted, { clock, cloudTrail }) {
    const now = clock.now()
    const { StartTime = Math.min(now, input.EndTime ?? now), EndTime = Math.max(now, StartTime) } = input
    if (StartTime > EndTime) return error('InvalidTimeRangeException', 'The start time is after the end time.')
    if (input.NextToken !== undefined) return error('InvalidTokenException', 'The token is not valid.')
    const keys = await cloudTrail.digestKeys.between(StartTime, EndTime)
    return {
      output: {
        PublicKeyList: keys.map(({ publicKey, from, to, fingerprint }) => ({
          Value: publicKey,
          ValidityStartTime: from,
          ValidityEndTime: to,
          Fingerprint: fingerprint,
        })),
      },
    }
  },
})
