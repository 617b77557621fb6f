import { type AliasName, rootArn, type Scope } from './arn.ts'
import { viaServiceOf } from './integrated-service.ts'

/** An AWS service that protects what its users give no key for with a key of its own making in their account. */
export type DefaultKeyService = {
  /** What follows `alias/aws/`. */
  readonly alias: string
  /** Its part of `kms:ViaService` and its signing name, where that is another. */
  readonly via?: string
  /** As the policy's Sid calls it. */
  readonly title: string
  /** As the key's description calls them. */
  readonly things: string
  readonly policyId?: string
  /** What it does with the key, beside what every one does. */
  readonly uses?: 'grants' | 'listed-grants'
}

const PREFIX = 'alias/aws/'

/**
 * Services of AWS that still make such keys; those since 2021 do not.
 *
 * Source: key policies and descriptions of AWS managed keys as GetKeyPolicy and DescribeKey answer them, for those with a
 * `policyId` and for dynamodb; the others are named in the KMS developer guide, and described here after their pattern.
 */
const SERVICES: readonly DefaultKeyService[] = [
  { alias: 'acm', title: 'ACM', things: 'ACM private keys', uses: 'grants' },
  { alias: 'backup', title: 'AWS Backup', things: 'backup data', uses: 'grants' },
  { alias: 'codecommit', title: 'CodeCommit', things: 'CodeCommit repositories' },
  { alias: 'connect', title: 'Connect', things: 'Connect data' },
  { alias: 'dms', title: 'DMS', things: 'DMS replication instances', uses: 'grants' },
  { alias: 'dynamodb', title: 'Amazon DynamoDB', things: 'DynamoDB tables', uses: 'grants' },
  { alias: 'ebs', via: 'ec2', title: 'EBS', things: 'EBS volumes', policyId: 'auto-ebs-2', uses: 'grants' },
  { alias: 'elasticfilesystem', title: 'EFS', things: 'EFS filesystems', uses: 'grants' },
  { alias: 'es', title: 'Elasticsearch', things: 'Elasticsearch data', policyId: 'auto-es-2', uses: 'grants' },
  { alias: 'fsx', title: 'FSx', things: 'FSx resources', uses: 'grants' },
  { alias: 'glue', title: 'Glue', things: 'Glue Data Catalog' },
  { alias: 'kafka', title: 'Amazon MSK', things: 'Kafka data', policyId: 'auto-kafka-1', uses: 'listed-grants' },
  { alias: 'kinesis', title: 'Kinesis', things: 'Kinesis data streams' },
  { alias: 'kinesisvideo', title: 'Kinesis Video Streams', things: 'Kinesis Video Streams data' },
  {
    alias: 'lambda',
    title: 'AWS Lambda',
    things: 'Lambda functions',
    policyId: 'auto-awslambda',
    uses: 'grants',
  },
  { alias: 'lightsail', title: 'Lightsail', things: 'Lightsail resources', uses: 'grants' },
  { alias: 'memorydb', title: 'MemoryDB', things: 'MemoryDB data', uses: 'grants' },
  { alias: 'rds', title: 'RDS', things: 'RDS database volumes', policyId: 'auto-rds-2', uses: 'listed-grants' },
  { alias: 'redshift', title: 'Redshift', things: 'Redshift clusters', uses: 'grants' },
  { alias: 's3', title: 'S3', things: 'S3 objects', policyId: 'auto-s3-2' },
  {
    alias: 'secretsmanager',
    title: 'AWS Secrets Manager',
    things: 'Secrets Manager data',
    policyId: 'auto-secretsmanager-2',
    uses: 'grants',
  },
  { alias: 'ses', title: 'SES', things: 'SES data' },
  { alias: 'sns', title: 'SNS', things: 'SNS data', policyId: 'auto-sns-1', uses: 'listed-grants' },
  { alias: 'sqs', title: 'SQS', things: 'SQS queues' },
  { alias: 'ssm', title: 'SSM', things: 'SSM parameters', policyId: 'auto-ssm-1' },
  { alias: 'timestream', title: 'Timestream', things: 'Timestream data', uses: 'grants' },
  { alias: 'workspaces', title: 'WorkSpaces', things: 'WorkSpaces volumes', uses: 'grants' },
  { alias: 'xray', title: 'X-Ray', things: 'X-Ray data' },
]
const BY_ALIAS: ReadonlyMap<string, DefaultKeyService> = new Map(SERVICES.map((service) => [service.alias, service]))

/** Those that ListAliases shows in an account that has used none. Source: answers of ListAliases in new accounts. */
const ALWAYS_LISTED = [
  'dynamodb',
  'ebs',
  'elasticfilesystem',
  'es',
  'glue',
  'kinesis',
  'kinesisvideo',
  'lambda',
  'rds',
  'redshift',
  's3',
  'ssm',
  'xray',
]

const aliasOf = (service: string): AliasName => `${PREFIX}${service}` as AliasName

export const LISTED_DEFAULT_ALIASES: readonly AliasName[] = ALWAYS_LISTED.map(aliasOf)

/** The service of an `alias/aws/…`, if AWS has one of that name that makes keys. */
export function serviceOfAlias(name: AliasName): DefaultKeyService | undefined {
  return name.startsWith(PREFIX) ? BY_ALIAS.get(name.slice(PREFIX.length)) : undefined
}

/** The default key of a service by the name it signs with; of a service that AWS does not have, one of a plain policy. */
export function defaultKeyOf(signingName: string): DefaultKeyService {
  const known = SERVICES.find(({ alias, via = alias }) => via === signingName)
  return known ?? { alias: signingName, title: signingName, things: `${signingName} data` }
}

/** The alias of a service's default key. */
export function defaultAlias({ alias }: DefaultKeyService): AliasName {
  return aliasOf(alias)
}

/** Source: DescribeKey of AWS managed keys. */
export function defaultKeyDescription({ things }: DefaultKeyService): string {
  return `Default key that protects my ${things} when no other key is defined`
}

const ENCRYPTION = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']

function actionsOf({ alias, uses }: DefaultKeyService): readonly string[] {
  if (alias === 'secretsmanager')
    return ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:CreateGrant', 'kms:DescribeKey']
  const encryption = alias === 'sns' ? ['kms:GenerateDataKey*', 'kms:Decrypt'] : ENCRYPTION
  const grants =
    uses === 'grants' ? ['kms:CreateGrant'] : uses === 'listed-grants' ? ['kms:CreateGrant', 'kms:ListGrants'] : []
  return [...encryption, ...grants, 'kms:DescribeKey']
}

type StatementText = Readonly<Record<string, unknown>>

function statementsOf(service: DefaultKeyService, { account, region }: Scope): readonly StatementText[] {
  const { alias, via = alias, title, uses } = service
  const through = (Action: readonly string[], Condition: object, sid: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action,
    Resource: '*',
    Condition,
  })
  const byName = viaServiceOf(via, region)
  const anywhere = viaServiceOf(via, '*')
  const inAccount = { 'kms:CallerAccount': account }
  const isMultiRegional = alias === 'dynamodb'
  const condition = isMultiRegional
    ? { StringEquals: inAccount, StringLike: { 'kms:ViaService': anywhere } }
    : { StringEquals: { ...inAccount, 'kms:ViaService': byName } }
  const sid = `Allow access through ${title} for all principals in the account that are authorized to use ${title}`
  const dataKeys = { StringEquals: inAccount, StringLike: { 'kms:ViaService': anywhere } }
  const own = alias === 'es' || alias === 'dynamodb'
  return [
    through(actionsOf(service), condition, sid),
    ...(alias === 'secretsmanager' ? [through(['kms:GenerateDataKey*'], dataKeys, `${sid}-GenerateDataKey`)] : []),
    {
      Sid: 'Allow direct access to key metadata to the account',
      Effect: 'Allow',
      Principal: { AWS: rootArn(account, region) },
      Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', ...(uses === undefined ? [] : ['kms:RevokeGrant'])],
      Resource: '*',
    },
    ...(own
      ? [
          {
            Sid: `Allow ${title} to directly describe the key`,
            Effect: 'Allow',
            Principal: { Service: `${via}.amazonaws.com` },
            Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
            Resource: '*',
          },
        ]
      : []),
  ]
}

/**
 * The key policy of a default key: everybody in the account through the service, and the account to see what the key is.
 *
 * Source: GetKeyPolicy of AWS managed keys.
 */
export function defaultKeyPolicyText(service: DefaultKeyService, scope: Scope): string {
  const { alias, policyId = `auto-${alias}-1` } = service
  return JSON.stringify({ Version: '2012-10-17', Id: policyId, Statement: statementsOf(service, scope) })
}
