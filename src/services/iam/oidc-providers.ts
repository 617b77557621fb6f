import { partitionOf } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { entityArn, type OidcProvider, parseProviderUrl } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import type { Fields, Members, StructureOf } from '../../protocol/shape.ts'
import { list, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { entityByArn, entityTarget } from '../../request/iam/entity-target.ts'
import { type Call, type Operation, type Outcome, operation } from '../../request/operation.ts'
import { changed, tagConditions } from './change.ts'
import { type Common, onAccount, parseInput, parseText, shared } from './entity-operation.ts'
import { quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { newTags, parseTags } from './tags.ts'

const ClientIDType = text(1, 255)
const ThumbprintType = text(40, 40)

type OnProvider<I extends Members, O extends Members> = Common<I, O> & {
  run(provider: OidcProvider, input: StructureOf<I>, call: Call): Outcome<StructureOf<O>> | ServiceError
}

/** Declares an operation on one provider that must exist: `iam:<name>` on its ARN. */
function onProvider<const I extends Members, const O extends Members>(definition: OnProvider<I, O>): Operation {
  const input: Members = { OpenIDConnectProviderArn: shapes.ArnType, ...definition.input }
  return operation({
    ...shared(definition),
    input,
    targets: async (fields, find) => ({
      provider: await entityByArn(
        find,
        `iam:${definition.name}`,
        'oidc-provider',
        parseText(fields, 'OpenIDConnectProviderArn'),
      ),
    }),
    async run(fields, { provider: { arn, entity } }, call) {
      if (!entity) return error('NoSuchEntity', `OpenIDConnect Provider not found for arn ${arn}`)
      return parseAnswer(definition.run(entity, parseInput(fields), call))
    },
  })
}

function parseAnswer<O extends Members>(
  answer: Outcome<StructureOf<O>> | ServiceError,
): Outcome<Fields> | ServiceError {
  return answer as Outcome<Fields> | ServiceError
}

const CreateOpenIDConnectProvider = operation({
  ...shared({ name: 'CreateOpenIDConnectProvider' }),
  input: {
    Url: text(1, 255),
    ClientIDList: optional(list(ClientIDType)),
    ThumbprintList: optional(list(ThumbprintType)),
    ...newTags,
  },
  output: { OpenIDConnectProviderArn: optional(text()), Tags: optional(shapes.TagList) },
  event: { response: 'output' },
  async targets({ Url }, find) {
    const { account, region } = find.scope
    const url = parseProviderUrl(Url)
    if (url === undefined) return error('ValidationException', 'Invalid Open ID Connect Provider URL')
    const known = await find.directory.findEntity(account, 'oidc-provider', url)
    const arn = entityArn('oidc-provider', { partition: partitionOf(region), account }, '/', url)
    return { provider: entityTarget<string, OidcProvider>('iam:CreateOpenIDConnectProvider', account, known ?? arn) }
  },
  conditions: (input) => tagConditions(input.Tags),
  async run({ Url, ClientIDList = [], ThumbprintList = [], Tags = [] }, { provider }, { store, caller, clock }) {
    const { account } = caller.scope
    const { arn, entity } = provider
    if (entity) return error('EntityAlreadyExists', `Provider with url ${Url} already exists.`)
    const tags = parseTags(Tags)
    if (isError(tags)) return tags
    if (ClientIDList.length > IAM_QUOTAS.clientIdsPerProvider)
      return quotaExceeded('ClientIdsPerOpenIdConnectProvider', IAM_QUOTAS.clientIdsPerProvider)
    if (ThumbprintList.length > IAM_QUOTAS.thumbprintsPerProvider)
      return error('InvalidInput', 'Thumbprint list must contain fewer than 5 entries.')
    if ((await store.countEntities(account, 'oidc-provider')) >= IAM_QUOTAS.oidcProviders)
      return quotaExceeded('OpenIdConnectProvidersPerAccount', IAM_QUOTAS.oidcProviders)
    const url = parseProviderUrl(Url) ?? ''
    const made: OidcProvider = {
      kind: 'oidc-provider',
      account,
      id: arn,
      name: url,
      path: '/',
      arn,
      revision: 1,
      createdAt: clock.now(),
      tags,
      url,
      clientIds: ClientIDList,
      thumbprints: ThumbprintList,
    }
    const output = { OpenIDConnectProviderArn: arn, ...(tags.length === 0 ? {} : { Tags: tags }) }
    return { output, changes: [{ kind: 'insert-entity', entity: made }] }
  },
})

/**
 * Providers of web identities, whose tokens open sessions of the roles that trust them. Thumbprints are kept and shown; what
 * is trusted is the certificate authorities of the machine. Source: IAM API reference.
 */
export const OIDC_OPERATIONS: readonly Operation[] = [
  CreateOpenIDConnectProvider,
  onProvider({
    name: 'GetOpenIDConnectProvider',
    output: {
      Url: text(),
      ClientIDList: list(text()),
      ThumbprintList: list(text()),
      CreateDate: timestamp(),
      Tags: optional(shapes.TagList),
    },
    run: ({ url, clientIds, thumbprints, createdAt, tags }) => ({
      output: {
        Url: url,
        ClientIDList: clientIds,
        ThumbprintList: thumbprints,
        CreateDate: createdAt,
        ...(tags.length === 0 ? {} : { Tags: tags }),
      },
    }),
  }),
  onAccount({
    name: 'ListOpenIDConnectProviders',
    output: { OpenIDConnectProviderList: list(structure({ Arn: text() })) },
    async run(_input, { store, caller }) {
      const limit = IAM_QUOTAS.oidcProviders
      const providers = await store.listEntities(caller.scope.account, 'oidc-provider', { limit })
      return { output: { OpenIDConnectProviderList: providers.map(({ arn }) => ({ Arn: arn })) } }
    },
  }),
  onProvider({
    name: 'UpdateOpenIDConnectProviderThumbprint',
    input: { ThumbprintList: list(ThumbprintType) },
    run: (provider, { ThumbprintList }) =>
      ThumbprintList.length > IAM_QUOTAS.thumbprintsPerProvider
        ? error('InvalidInput', 'Thumbprint list must contain fewer than 5 entries.')
        : { output: {}, changes: [changed(provider, { thumbprints: ThumbprintList })] },
  }),
  onProvider({
    name: 'AddClientIDToOpenIDConnectProvider',
    input: { ClientID: ClientIDType },
    run(provider, { ClientID }) {
      if (provider.clientIds.includes(ClientID)) return { output: {} }
      return provider.clientIds.length >= IAM_QUOTAS.clientIdsPerProvider
        ? quotaExceeded('ClientIdsPerOpenIdConnectProvider', IAM_QUOTAS.clientIdsPerProvider)
        : { output: {}, changes: [changed(provider, { clientIds: [...provider.clientIds, ClientID] })] }
    },
  }),
  onProvider({
    name: 'RemoveClientIDFromOpenIDConnectProvider',
    input: { ClientID: ClientIDType },
    run: (provider, { ClientID }) => ({
      output: {},
      changes: [changed(provider, { clientIds: provider.clientIds.filter((each) => each !== ClientID) })],
    }),
  }),
  onProvider({
    name: 'DeleteOpenIDConnectProvider',
    run: (provider) => ({ output: {}, changes: [{ kind: 'delete-entity', entity: provider }] }),
  }),
]
