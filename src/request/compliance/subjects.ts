import type { AccessKeyFacts, NamedDocument, ResourceType, Subject } from '../../compliance/subject.ts'
import type { AccountId, Scope } from '../../domain/arn.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { type Entity, type EntityKind, type EntityOf, isAwsManaged, type PolicyHolder } from '../../domain/iam.ts'
import type { Key } from '../../domain/key.ts'
import { parseKeyId } from '../../domain/key-id.ts'
import { EVALUATED_AT_ONCE_MAX } from '../../domain/limits.ts'
import { parsePolicy } from '../../policy/document.ts'
import type { Statement } from '../../policy/statement.ts'
import type { CloudTrail } from '../cloudtrail.ts'
import { defaultDocument, managedText } from '../iam/compiled-policies.ts'
import type { AccessKey } from '../iam/directory.ts'
import type { KeyPolicies } from '../key-policy.ts'
import type { Clock, LastUses, Store } from '../ports.ts'

/** What facts about resources are gathered from. */
export type SubjectParts = {
  readonly store: Store
  readonly policies: Pick<KeyPolicies, 'document'>
  readonly keyUsages: LastUses
  readonly cloudTrail: Pick<CloudTrail, 'lastUse'>
  readonly clock: Clock
}

export type Gathering = {
  readonly scope: Scope
  /** Whether to ask the index of events when access keys were used. */
  readonly needsLastUses: boolean
  /** Resources of one page, EVALUATED_AT_ONCE_MAX at the most. */
  readonly limit?: number
}

const sizeOf = ({ limit = EVALUATED_AT_ONCE_MAX }: Gathering) => Math.min(limit, EVALUATED_AT_ONCE_MAX)

const KINDS = {
  'AWS::IAM::User': 'user',
  'AWS::IAM::Group': 'group',
  'AWS::IAM::Role': 'role',
  'AWS::IAM::Policy': 'policy',
} as const satisfies { readonly [Type in ResourceType]?: EntityKind }
type IamType = keyof typeof KINDS
const isIamType = (type: ResourceType): type is IamType => Object.hasOwn(KINDS, type)

function statementsOf(text: string): readonly Statement[] {
  const document = parsePolicy(text, 'identity')
  if (isError(document)) throw new TypeError('a stored policy is not a policy')
  return document.statements
}

/** Users of the account that a key policy names, without an MFA device. */
async function withoutMfa({ store }: SubjectParts, account: AccountId, statements: readonly Statement[]) {
  const named = statements.flatMap(({ principals }) =>
    (principals?.entries ?? []).flatMap((entry) =>
      entry.type === 'user' && entry.account === account ? [entry.arn] : [],
    ),
  )
  const found: string[] = []
  for (const arn of new Set(named)) {
    const user = await store.findEntity(account, 'user', arn.split('/').at(-1) ?? '')
    if (user?.arn === arn && user.mfaDevices.length === 0) found.push(arn)
  }
  return found
}

async function keySubject(parts: SubjectParts, key: Key): Promise<Subject> {
  const { store, policies, keyUsages } = parts
  const { statements } = policies.document(key)
  const usage = await keyUsages.of(key)
  const material = key.currentMaterialId && (await store.findMaterial(key.region, key.currentMaterialId))
  return {
    type: 'AWS::KMS::Key',
    key,
    statements,
    ...(usage ? { lastUsedAt: usage.usedAt } : {}),
    knownSince: keyUsages.since,
    materialSince: material ? (material.rotation?.date ?? material.createdAt) : key.createdAt,
    withoutMfa: await withoutMfa(parts, key.account, statements),
  }
}

async function documentsOf({ store }: SubjectParts, holder: PolicyHolder): Promise<readonly NamedDocument[]> {
  const documents: NamedDocument[] = holder.inlinePolicies.map(({ name, document }) => ({
    name,
    kind: 'inline',
    statements: statementsOf(document),
  }))
  for (const arn of holder.attachedPolicies) {
    const text = await managedText(store, holder.account, arn)
    if (text !== undefined)
      documents.push({ name: arn, kind: isAwsManaged(arn) ? 'aws' : 'customer', statements: statementsOf(text) })
  }
  return documents
}

async function accessKeyFacts(
  { cloudTrail }: SubjectParts,
  { needsLastUses }: Gathering,
  { account, accessKeyId, status, createdAt }: AccessKey,
): Promise<AccessKeyFacts | ServiceError> {
  const used = needsLastUses ? await cloudTrail.lastUse(account, accessKeyId) : undefined
  if (isError(used)) return used
  const facts = { accessKeyId, isActive: status === 'Active', createdAt }
  return used ? { ...facts, lastUsedAt: used.shown.EventTime } : facts
}

/** @param userId - of the root user when it is absent. */
async function accessKeysOf(parts: SubjectParts, gathering: Gathering, userId: string | undefined) {
  const facts: AccessKeyFacts[] = []
  for (const accessKey of await parts.store.listAccessKeys(gathering.scope.account, userId)) {
    const each = await accessKeyFacts(parts, gathering, accessKey)
    if (isError(each)) return each
    facts.push(each)
  }
  return facts
}

async function groupDocuments(parts: SubjectParts, { account, groups }: EntityOf<'user'>) {
  const documents: NamedDocument[] = []
  for (const id of groups) {
    const group = await parts.store.findEntityById(account, 'group', id)
    if (group) documents.push(...(await documentsOf(parts, group)))
  }
  return documents
}

async function iamSubject(
  parts: SubjectParts,
  gathering: Gathering,
  entity: Entity,
): Promise<Subject | undefined | ServiceError> {
  switch (entity.kind) {
    case 'user': {
      const accessKeys = await accessKeysOf(parts, gathering, entity.id)
      if (isError(accessKeys)) return accessKeys
      const documents = await documentsOf(parts, entity)
      return {
        type: 'AWS::IAM::User',
        entity,
        documents,
        accessKeys,
        groupDocuments: await groupDocuments(parts, entity),
      }
    }
    case 'group':
      return { type: 'AWS::IAM::Group', entity, documents: await documentsOf(parts, entity) }
    case 'role':
      return { type: 'AWS::IAM::Role', entity, documents: await documentsOf(parts, entity) }
    case 'policy': {
      const { account, arn } = entity
      return {
        type: 'AWS::IAM::Policy',
        entity,
        statements: statementsOf(defaultDocument(entity)),
        attachments: await parts.store.countReferrers(account, arn, 'attached'),
        isBoundary: (await parts.store.countReferrers(account, arn, 'boundary')) > 0,
      }
    }
    default:
      return undefined
  }
}

async function accountSubject(parts: SubjectParts, gathering: Gathering): Promise<Subject | ServiceError> {
  const { account } = gathering.scope
  const rootAccessKeys = await accessKeysOf(parts, gathering, undefined)
  if (isError(rootAccessKeys)) return rootAccessKeys
  const [record] = await parts.store.listEntities(account, 'account', { limit: 1 })
  return { type: 'AWS::::Account', account, rootAccessKeys, hasRootMfa: record?.rootMfaDevice !== undefined }
}

/** Some resources of one type, in an order of their own. */
export type SubjectPage = {
  readonly subjects: readonly Subject[]
  /** Where the next page begins; absent at the end. */
  readonly after?: string
}

async function keyPage(parts: SubjectParts, gathering: Gathering, after: string | undefined): Promise<SubjectPage> {
  const { scope } = gathering
  const limit = sizeOf(gathering)
  const ids = await parts.store.listKeys(scope, { limit, ...(after === undefined ? {} : { after }) })
  const subjects: Subject[] = []
  for (const id of ids) {
    const key = await parts.store.findKey(scope, id)
    if (key) subjects.push(await keySubject(parts, key))
  }
  const last = ids.at(-1)
  return ids.length === limit && last !== undefined ? { subjects, after: last } : { subjects }
}

async function iamPage(
  parts: SubjectParts,
  gathering: Gathering,
  kind: (typeof KINDS)[IamType],
  after: string | undefined,
): Promise<SubjectPage | ServiceError> {
  const limit = sizeOf(gathering)
  const page = { limit, ...(after === undefined ? {} : { after }) }
  const entities: readonly Entity[] = await parts.store.listEntities(gathering.scope.account, kind, page)
  const subjects: Subject[] = []
  for (const entity of entities) {
    const subject = await iamSubject(parts, gathering, entity)
    if (isError(subject)) return subject
    if (subject) subjects.push(subject)
  }
  const last = entities.at(-1)
  return entities.length === limit && last ? { subjects, after: last.name } : { subjects }
}

/** A page of the resources of a type in an account, and for keys in a Region. */
export async function subjectPage(
  parts: SubjectParts,
  gathering: Gathering,
  type: ResourceType,
  after: string | undefined,
): Promise<SubjectPage | ServiceError> {
  if (type === 'AWS::KMS::Key') return keyPage(parts, gathering, after)
  if (isIamType(type)) return iamPage(parts, gathering, KINDS[type], after)
  const subject = await accountSubject(parts, gathering)
  return isError(subject) ? subject : { subjects: [subject] }
}

/** Managed policies are stored under their ARN, and there are few. */
async function policyOfId({ store }: SubjectParts, account: AccountId, id: string): Promise<Entity | undefined> {
  let after: string | undefined
  for (;;) {
    const page = await store.listEntities(account, 'policy', {
      limit: EVALUATED_AT_ONCE_MAX,
      ...(after === undefined ? {} : { after }),
    })
    const found = page.find((policy) => policy.id === id)
    if (found || page.length < EVALUATED_AT_ONCE_MAX) return found
    after = page.at(-1)?.name
  }
}

/** The resource of that type and id; nothing when there is none. */
export async function findSubject(
  parts: SubjectParts,
  gathering: Gathering,
  type: ResourceType,
  id: string,
): Promise<Subject | undefined | ServiceError> {
  const { scope } = gathering
  if (type === 'AWS::KMS::Key') {
    const keyId = parseKeyId(id)
    const key = keyId && (await parts.store.findKey(scope, keyId))
    return key && keySubject(parts, key)
  }
  if (!isIamType(type)) return id === scope.account ? accountSubject(parts, gathering) : undefined
  const kind = KINDS[type]
  const entity =
    kind === 'policy'
      ? await policyOfId(parts, scope.account, id)
      : await parts.store.findEntityById(scope.account, kind, id)
  return entity && iamSubject(parts, gathering, entity)
}
