import { newAccessKeyId } from '../../domain/access-key-id.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { IntegratedService } from '../../domain/iam.ts'
import { isServiceName, servicePrincipal } from '../../domain/integrated-service.ts'
import { SERVICES_MAX } from '../../domain/limits.ts'
import { list, secretText, structure, text, timestamp } from '../../protocol/shape.ts'
import { type Call, operation } from '../../request/operation.ts'
import type { AccessKey } from '../../request/ports.ts'
import { account } from '../../request/targets.ts'
import { newEntityId } from '../iam/change.ts'

/** Bytes of randomness in an access key id. */
const ID_BYTES = 12
const NameType = text(1, 32, '[a-z0-9-]+')
const ServiceType = structure({ Name: text(), Principal: text(), CreationDate: timestamp(), AccessKeyId: text() })

const shared = { quota: 'management', states: 'any' } as const

/**
 * Makes a service known: one that may call KMS for itself and for users who called it. Its access key's secret is in this
 * answer and nowhere else.
 */
export const AddService = operation({
  ...shared,
  name: 'AddService',
  input: { Name: NameType },
  output: { Service: ServiceType, SecretAccessKey: secretText(1, 128) },
  errors: ['AlreadyExistsException', 'LimitExceededException'],
  readOnly: false,
  event: { response: 'output' },
  targets: async () => ({ account: account('trent:AddService') }),
  async run({ Name }, _granted, call) {
    const { store, hsm, clock, ids, operator } = call
    const refused = refuseElsewhere(call) ?? (await refuseName(call, Name))
    if (refused) return refused
    const accessKeyId = newAccessKeyId('AKIA', ids.hex(ID_BYTES))
    const made = await hsm.createSecret(accessKeyId)
    if (isError(made)) return made
    const createdAt = clock.now()
    const service: IntegratedService = {
      kind: 'service',
      account: operator,
      id: newEntityId('service', ids),
      name: Name,
      path: '/',
      arn: servicePrincipal(Name),
      revision: 1,
      createdAt,
      tags: [],
    }
    const accessKey: AccessKey = {
      accessKeyId,
      account: operator,
      userId: service.id,
      principal: service.arn,
      status: 'Active',
      createdAt,
      wrappedSecret: made.wrapped,
    }
    if ((await store.countEntities(operator, 'service')) >= SERVICES_MAX)
      return error('LimitExceededException', `There can be no more than ${SERVICES_MAX} services.`)
    return {
      output: { Service: shown(service, accessKey), SecretAccessKey: made.secret },
      changes: [
        { kind: 'insert-entity', entity: service },
        { kind: 'insert-access-key', accessKey },
      ],
    }
  },
})

/** Forgets a service. Its credentials, and every session that it was given, are good for nothing when the call returns. */
export const RemoveService = operation({
  ...shared,
  name: 'RemoveService',
  input: { Name: NameType },
  output: {},
  errors: ['NotFoundException'],
  readOnly: false,
  targets: async () => ({ account: account('trent:RemoveService') }),
  async run({ Name }, _granted, call) {
    const { store, operator } = call
    const refused = refuseElsewhere(call)
    if (refused) return refused
    const entity = await store.findEntity(operator, 'service', Name)
    if (!entity) return error('NotFoundException', `There is no service ${Name}.`)
    const keys = await store.listAccessKeys(operator, entity.id)
    return {
      output: {},
      changes: [
        { kind: 'delete-entity', entity },
        ...keys.map((accessKey) => ({ kind: 'delete-access-key', accessKey }) as const),
      ],
    }
  },
})

/** All services of the installation, in order of name. */
export const ListServices = operation({
  ...shared,
  name: 'ListServices',
  input: {},
  output: { Services: list(ServiceType) },
  errors: [],
  readOnly: true,
  targets: async () => ({ account: account('trent:ListServices') }),
  async run(_input, _granted, call) {
    const { store, operator } = call
    const refused = refuseElsewhere(call)
    if (refused) return refused
    const services = await store.listEntities(operator, 'service', { limit: SERVICES_MAX })
    const keys = await Promise.all(services.map(({ id }) => store.listAccessKeys(operator, id)))
    return { output: { Services: services.map((service, index) => shown(service, keys[index]?.[0])) } }
  },
})

/** Which services there are is for the account of the installation to say, whatever the policies of another one allow. */
function refuseElsewhere({ caller, operator }: Call): ServiceError | undefined {
  return caller.scope.account === operator
    ? undefined
    : error('AccessDeniedException', `Services belong to account ${operator}, to which this installation does.`)
}

async function refuseName({ store, operator }: Call, name: string): Promise<ServiceError | undefined> {
  if (!isServiceName(name))
    return error(
      'ValidationException',
      `${name} cannot be the name of a service: it must begin with a letter and be none that signatures for this endpoint carry.`,
    )
  const known = await store.findEntity(operator, 'service', name)
  return known && error('AlreadyExistsException', `There is a service ${name} already.`)
}

function shown({ name, arn, createdAt }: IntegratedService, accessKey: AccessKey | undefined) {
  return { Name: name, Principal: arn, CreationDate: createdAt, AccessKeyId: accessKey?.accessKeyId ?? '' }
}
