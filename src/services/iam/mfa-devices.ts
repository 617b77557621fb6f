import { error, isError } from '../../domain/error.ts'
import type { IamUser, MfaDevice } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { list, oneOf, optional, structure, text, timestamp, withDefault } from '../../protocol/shape.ts'
import { entityByArn } from '../../request/iam/entity-target.ts'
import { type Call, type Operation, operation } from '../../request/operation.ts'
import { CreateVirtualMFADevice } from './CreateVirtualMFADevice.ts'
import { changed } from './change.ts'
import { onAccount, onEntity, shared } from './entity-operation.ts'
import { type Owner, ownerOf, ownerTarget } from './owner.ts'
import { pageAmong, pageFrom, readMatching } from './page.ts'
import { noSuchDevice, quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { listedUser } from './shown.ts'

const codes = {
  SerialNumber: shapes.SerialNumberType,
  AuthenticationCode1: shapes.AuthenticationCodeType,
  AuthenticationCode2: shapes.AuthenticationCodeType,
}

const optionalUser = { UserName: optional(shapes.ExistingUserNameType) }

/** The devices of a user as they are kept. */
async function devicesOf(owner: Owner, { store }: Call): Promise<readonly MfaDevice[]> {
  if (owner.kind === 'root') return []
  const { account, mfaDevices } = owner.user
  const found = await Promise.all(mfaDevices.map((serial) => store.findEntityById(account, 'mfa-device', serial)))
  return found.flatMap((device) => device ?? [])
}

/** The device without its owner. */
function released({ owner: _owner, enabledAt: _enabledAt, ...device }: MfaDevice): MfaDevice {
  return { ...device, revision: device.revision + 1 }
}

function without(user: IamUser, serial: string) {
  return changed(user, { mfaDevices: user.mfaDevices.filter((each) => each !== serial) })
}

/** Virtual MFA devices: the user of one proves that it has it by two codes that follow each other. Source: IAM API reference. */
export const MFA_OPERATIONS: readonly Operation[] = [
  CreateVirtualMFADevice,
  onEntity('user', {
    name: 'EnableMFADevice',
    input: codes,
    async run(user, { SerialNumber, AuthenticationCode1, AuthenticationCode2 }, { store, iam, clock }) {
      const device = await store.findEntityById(user.account, 'mfa-device', SerialNumber)
      if (!device) return noSuchDevice(SerialNumber)
      if (device.owner !== undefined)
        return error('EntityAlreadyExists', 'MFADevice entity at the same path and name already exists.')
      if (user.mfaDevices.length >= IAM_QUOTAS.mfaDevicesPerOwner)
        return quotaExceeded('MFADevicesPerUser', IAM_QUOTAS.mfaDevicesPerOwner)
      const ready = await iam.mfa.synchronize(device, AuthenticationCode1, AuthenticationCode2)
      if (isError(ready)) return ready
      const entity = { ...ready, owner: user.id, enabledAt: clock.now() }
      const next = changed(user, { mfaDevices: [...user.mfaDevices, device.arn] })
      return { output: {}, changes: [{ kind: 'update-entity', entity }, next] }
    },
  }),
  onEntity('user', {
    name: 'ResyncMFADevice',
    input: codes,
    async run(user, { SerialNumber, AuthenticationCode1, AuthenticationCode2 }, { store, iam }) {
      const device = await store.findEntityById(user.account, 'mfa-device', SerialNumber)
      if (device?.owner !== user.id) return noSuchDevice(SerialNumber)
      const entity = await iam.mfa.synchronize(device, AuthenticationCode1, AuthenticationCode2)
      return isError(entity) ? entity : { output: {}, changes: [{ kind: 'update-entity', entity }] }
    },
  }),
  operation({
    ...shared({ name: 'DeactivateMFADevice' }),
    input: { ...optionalUser, SerialNumber: shapes.SerialNumberType },
    targets: (input, find) => ownerTarget(find, 'iam:DeactivateMFADevice', input.UserName),
    async run({ SerialNumber }, { owner: granted }, call) {
      const owner = ownerOf(granted, call.caller.scope.account)
      if (isError(owner)) return owner
      const device = (await devicesOf(owner, call)).find(({ arn }) => arn === SerialNumber)
      if (!device || owner.kind === 'root') return noSuchDevice(SerialNumber)
      const entity = released(device)
      return { output: {}, changes: [{ kind: 'update-entity', entity }, without(owner.user, SerialNumber)] }
    },
  }),
  operation({
    ...shared({ name: 'DeleteVirtualMFADevice' }),
    input: { SerialNumber: shapes.SerialNumberType },
    targets: async (input, find) => ({
      device: await entityByArn(find, 'iam:DeleteVirtualMFADevice', 'mfa-device', input.SerialNumber),
    }),
    async run({ SerialNumber }, { device: { entity } }) {
      if (!entity) return noSuchDevice(SerialNumber)
      return entity.owner === undefined
        ? { output: {}, changes: [{ kind: 'delete-entity', entity }] }
        : error('DeleteConflict', 'Cannot delete a virtual MFA device that is assigned to a user.')
    },
  }),
  operation({
    ...shared({ name: 'ListMFADevices' }),
    input: { ...optionalUser, ...shapes.pageInput },
    output: {
      MFADevices: list(structure({ UserName: text(), SerialNumber: text(), EnableDate: timestamp() })),
      ...shapes.pageOutput,
    },
    targets: (input, find) => ownerTarget(find, 'iam:ListMFADevices', input.UserName),
    async run(wanted, { owner: granted }, call) {
      const owner = ownerOf(granted, call.caller.scope.account)
      if (isError(owner)) return owner
      const page = pageAmong(wanted, await devicesOf(owner, call), ({ arn }) => arn)
      if (isError(page)) return page
      const { entries, ...rest } = page
      const UserName = owner.kind === 'user' ? owner.user.name : ''
      const shown = entries.map(({ arn, enabledAt = 0 }) => ({ UserName, SerialNumber: arn, EnableDate: enabledAt }))
      return { output: { MFADevices: shown, ...rest } }
    },
  }),
  onAccount({
    name: 'ListVirtualMFADevices',
    input: { AssignmentStatus: withDefault(oneOf('Assigned', 'Unassigned', 'Any'), 'Any'), ...shapes.pageInput },
    output: {
      VirtualMFADevices: list(
        structure({
          SerialNumber: text(),
          User: optional(shapes.User),
          EnableDate: optional(timestamp()),
          Tags: optional(shapes.TagList),
        }),
      ),
      ...shapes.pageOutput,
    },
    async run({ AssignmentStatus, ...wanted }, call) {
      const { account } = call.caller.scope
      const isWanted = ({ owner }: MfaDevice) =>
        AssignmentStatus === 'Any' || (owner !== undefined) === (AssignmentStatus === 'Assigned')
      const nameOf = ({ name }: MfaDevice) => name
      const page = await pageFrom(
        wanted,
        (page) =>
          readMatching((from) => call.store.listEntities(account, 'mfa-device', from), page, { isWanted, nameOf }),
        nameOf,
      )
      if (isError(page)) return page
      const { entries, ...rest } = page
      return {
        output: { VirtualMFADevices: await Promise.all(entries.map((device) => listed(device, call))), ...rest },
      }
    },
  }),
]

async function listed({ account, arn, owner, enabledAt, tags }: MfaDevice, { store }: Call) {
  const user = owner === undefined ? undefined : await store.findEntityById(account, 'user', owner)
  return {
    SerialNumber: arn,
    ...(user ? { User: listedUser(user) } : {}),
    ...(enabledAt === undefined ? {} : { EnableDate: enabledAt }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
  }
}
