/** One of AWS's own managed policies. Nobody may change them, and every account has them. */
export type AwsManagedPolicy = {
  readonly name: string
  readonly path: string
  readonly description: string
  readonly statements: readonly object[]
}

const READ = ['Describe*', 'Get*', 'List*'] as const
/** The services that answer here; AWS's policies name hundreds. */
const SERVICES = ['cloudtrail', 'cloudwatch', 'config', 'iam', 'kms', 'servicequotas', 'tag'] as const
const reading = (...verbs: readonly string[]) =>
  SERVICES.flatMap((service) => verbs.map((verb) => `${service}:${verb}`)).sort()

const allow = (action: string | readonly string[]) => ({ Effect: 'Allow', Action: action, Resource: '*' })

/**
 * By name. What AWS's policies say about services that do not answer here is left out.
 * Source: AWS managed policy reference.
 */
const POLICIES: readonly AwsManagedPolicy[] = [
  {
    name: 'AdministratorAccess',
    path: '/',
    description: 'Provides full access to AWS services and resources.',
    statements: [allow('*')],
  },
  {
    name: 'AWSKeyManagementServicePowerUser',
    path: '/',
    description: 'Provides access to AWS Key Management Service (KMS).',
    statements: [
      allow([
        'kms:CreateAlias',
        'kms:CreateKey',
        'kms:DeleteAlias',
        'kms:Describe*',
        'kms:GenerateRandom',
        'kms:Get*',
        'kms:List*',
        'kms:TagResource',
        'kms:UntagResource',
        'iam:ListGroups',
        'iam:ListRoles',
        'iam:ListUsers',
      ]),
    ],
  },
  {
    name: 'IAMFullAccess',
    path: '/',
    description: 'Provides full access to IAM via the AWS Management Console.',
    statements: [allow(['iam:*'])],
  },
  {
    name: 'IAMReadOnlyAccess',
    path: '/',
    description: 'Provides read only access to IAM via the AWS Management Console.',
    statements: [
      allow([
        'iam:GenerateCredentialReport',
        'iam:GenerateServiceLastAccessedDetails',
        'iam:Get*',
        'iam:List*',
        'iam:SimulateCustomPolicy',
        'iam:SimulatePrincipalPolicy',
      ]),
    ],
  },
  {
    name: 'PowerUserAccess',
    path: '/',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    statements: [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow(['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles']),
    ],
  },
  {
    name: 'ReadOnlyAccess',
    path: '/',
    description: 'Provides read-only access to AWS services and resources.',
    statements: [allow([...reading(...READ), 'cloudtrail:LookupEvents', 'iam:Simulate*'])],
  },
  {
    name: 'SecurityAudit',
    path: '/',
    description: 'The security audit template grants access to read security configuration metadata.',
    statements: [
      allow([
        'cloudtrail:LookupEvents',
        'config:Describe*',
        'config:Get*',
        'kms:Describe*',
        'kms:GetKeyPolicy',
        'kms:GetKeyRotationStatus',
        'kms:List*',
        'iam:Get*',
        'iam:List*',
        'iam:Simulate*',
      ]),
    ],
  },
  {
    name: 'ViewOnlyAccess',
    path: '/job-function/',
    description: 'Grants permissions to view resources and basic metadata across all AWS services.',
    statements: [
      allow([...reading('List*'), 'kms:DescribeKey', 'cloudtrail:DescribeTrails', 'cloudtrail:LookupEvents']),
    ],
  },
]

const BY_ARN = new Map(POLICIES.map((policy) => [`${policy.path}${policy.name}`, policy]))

/** In order of name. */
export const AWS_MANAGED_POLICIES: readonly AwsManagedPolicy[] = [...POLICIES].sort((one, other) =>
  one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1,
)

/** @param path - with the slashes around it, as in the ARN behind `policy`. */
export function awsManagedPolicy(path: string, name: string): AwsManagedPolicy | undefined {
  return BY_ARN.get(`${path}${name}`)
}

/** The document as GetPolicyVersion shows it. */
export function awsManagedDocument({ statements }: AwsManagedPolicy): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2)
}
