import { type Caller, KEY, OTHER, OWN, ROLE } from '../world.ts'

/** Those who ask and those whom policies and grants name. */
export const DANA = `arn:aws:iam::${OWN}:user/dana`
export const SERVICE = 's3.amazonaws.com'
export const PROVIDER = `arn:aws:iam::${OWN}:oidc-provider/token.example.com`
export const ROOT = `arn:aws:iam::${OWN}:root`

const SESSION = `arn:aws:sts::${OWN}:assumed-role/Batch/run7`
const KIM = `arn:aws:sts::${OWN}:federated-user/kim`
const OSCAR = `arn:aws:iam::${OTHER}:user/oscar`
const ABROAD_ROLE = `arn:aws:iam::${OTHER}:role/Batch`

export const CALLERS: readonly Caller[] = [
  { type: 'root', arn: ROOT, account: OWN },
  { type: 'root', arn: `arn:aws:iam::${OTHER}:root`, account: OTHER },
  { type: 'user', arn: DANA, account: OWN, id: 'AIDADANA' },
  { type: 'user', arn: DANA, account: OWN, id: 'AIDADANA' },
  { type: 'user', arn: `arn:aws:iam::${OWN}:user/path/dana`, account: OWN, id: 'AIDAPATH' },
  { type: 'user', arn: OSCAR, account: OTHER, id: 'AIDAOSCAR' },
  { type: 'role-session', arn: SESSION, account: OWN, behind: ROLE, id: 'AROABATCH' },
  { type: 'role-session', arn: SESSION, account: OWN, behind: ROLE, id: 'AROABATCH' },
  { type: 'role-session', arn: SESSION, account: OWN, behind: `arn:aws:iam::${OWN}:role/Batch`, id: 'AROAPLAIN' },
  {
    type: 'role-session',
    arn: `arn:aws:sts::${OTHER}:assumed-role/Batch/run7`,
    account: OTHER,
    behind: ABROAD_ROLE,
    id: 'AROAABROAD',
  },
  { type: 'federated-user', arn: KIM, account: OWN, behind: DANA, id: 'AIDADANA' },
  { type: 'federated-user', arn: KIM, account: OWN },
  { type: 'service', arn: SERVICE },
  { type: 'web-identity', arn: PROVIDER },
]

/** What may stand under AWS in a Principal element. */
export const AWS_NAMES = [
  '*',
  '*',
  OWN,
  OWN,
  OWN,
  ROOT,
  ROOT,
  ROOT,
  OTHER,
  `arn:aws:iam::${OTHER}:root`,
  DANA,
  DANA,
  `arn:aws:iam::${OWN}:user/path/dana`,
  `arn:aws:iam::${OWN}:user/Dana`,
  OSCAR,
  ROLE,
  ROLE,
  `arn:aws:iam::${OWN}:role/Batch`,
  ABROAD_ROLE,
  SESSION,
  `arn:aws:sts::${OWN}:assumed-role/Batch/run8`,
  KIM,
]

/** What a grant may name. */
export const GRANTEES = AWS_NAMES.filter((name) => name.startsWith('arn:'))

/** Ids that names were bound to: those of the callers, and of somebody who is gone. */
export const IDS = [
  {},
  {},
  { [DANA]: 'AIDADANA', [ROLE]: 'AROABATCH' },
  { [DANA]: 'AIDAGONE' },
  { [ROLE]: 'AROAGONE', [DANA]: 'AIDADANA' },
]

export const RESOURCES = [
  '*',
  '*',
  '*',
  '*',
  '*',
  '*',
  '*',
  '*',
  KEY,
  'arn:aws:kms:*:*:key/*',
  `arn:aws:kms:us-east-1:${OWN}:*`,
  'arn:aws:kms:us-*-1:1111????3333:key/1234abcd-*',
  'arn:aws:kms:us-west-2:*:key/*',
  'arn:aws:kms:*:*:alias/*',
  `arn:aws:kms:*:${OTHER}:*`,
]
export const RESOURCES_ASKED = [`arn:aws:kms:us-east-1:${OWN}:*`, `arn:aws:kms:us-east-1:${OWN}:alias/red`]

export const OPERATIONS = [
  'Decrypt',
  'Decrypt',
  'Decrypt',
  'Encrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncryptFrom',
  'DescribeKey',
  'CreateGrant',
  'CreateGrant',
  'RetireGrant',
  'RevokeGrant',
  'ListGrants',
  'GetKeyRotationStatus',
  'Sign',
  'PutKeyPolicy',
  'ScheduleKeyDeletion',
]

export const ACTIONS = [
  '*',
  '*',
  '*',
  '*',
  'kms:*',
  'kms:*',
  'kms:*',
  'kms:*',
  'KMS:*',
  'kms:Decrypt',
  'kms:decrypt',
  'kms:?ecrypt',
  'kms:*crypt*',
  'kms:De*',
  'kms:GenerateDataKey',
  'kms:GenerateDataKey*',
  'kms:ReEncrypt*',
  'kms:ReEncrypt',
  'kms:*Grant*',
  'kms:CreateGrant',
  'kms:RetireGrant',
  'kms:Put*',
  's3:*',
  'sts:AssumeRole',
]
