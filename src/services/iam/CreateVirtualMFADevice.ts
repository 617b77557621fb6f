import { error, isError } from '../../domain/error.ts'
import type { MfaDevice } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { blob, structure, text, withDefault } from '../../protocol/shape.ts'
import { namedEntity } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { tagConditions } from './change.ts'
import { newEntityTarget, shared } from './entity-operation.ts'
import { quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { newTags, parseTags } from './tags.ts'

/**
 * A new virtual MFA device, nobody's yet. Its seed is in this answer and nowhere else: what is kept opens in the key process
 * alone.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
 */
export const CreateVirtualMFADevice = operation({
  ...shared({ name: 'CreateVirtualMFADevice' }),
  input: {
    Path: withDefault(shapes.PathType, '/'),
    VirtualMFADeviceName: text(1, 226, '[\\w+=,.@-]+'),
    ...newTags,
  },
  output: { VirtualMFADevice: structure({ SerialNumber: text(), Base32StringSeed: blob(1, 256) }) },
  event: { response: 'output' },
  targets: async (input, find) => ({
    device: newEntityTarget(
      await namedEntity(find, 'iam:CreateVirtualMFADevice', 'mfa-device', input.VirtualMFADeviceName),
      find,
      input.Path,
    ),
  }),
  conditions: (input) => tagConditions(input.Tags),
  async run(input, { device: { arn, entity } }, { store, hsm, caller, clock }) {
    const { account } = caller.scope
    if (entity) return error('EntityAlreadyExists', 'MFADevice entity at the same path and name already exists.')
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    if ((await store.countEntities(account, 'mfa-device')) >= IAM_QUOTAS.mfaDevices)
      return quotaExceeded('MFADevicesPerAccount', IAM_QUOTAS.mfaDevices)
    const made = await hsm.createMfaSeed(arn)
    if (isError(made)) return made
    const device: MfaDevice = {
      kind: 'mfa-device',
      account,
      id: arn,
      name: input.VirtualMFADeviceName,
      path: input.Path,
      arn,
      revision: 1,
      createdAt: clock.now(),
      tags,
      wrappedSeed: Buffer.from(made.wrapped).toString('base64'),
    }
    // The text of the seed is a blob on the wire: clients decode one base64 and find base32.
    const VirtualMFADevice = { SerialNumber: arn, Base32StringSeed: Buffer.from(made.seed) }
    return { output: { VirtualMFADevice }, changes: [{ kind: 'insert-entity', entity: device }] }
  },
})
