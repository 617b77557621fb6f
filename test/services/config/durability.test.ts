import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ConfigServiceClient,
  DescribeComplianceByConfigRuleCommand,
  DescribeConfigRulesCommand,
  PutConfigRuleCommand,
} from '@aws-sdk/client-config-service'
import {
  GetServiceQuotaCommand,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { type Credentials, startTrent, type TestTrent } from '../../support/trent.ts'

const RULE = {
  ConfigRule: { ConfigRuleName: 'root', Source: { Owner: 'AWS', SourceIdentifier: 'IAM_ROOT_ACCESS_KEY_CHECK' } },
} as const
const ALIASES = { ServiceCode: 'kms', QuotaCode: 'L-340F62FB' } as const

function clients({ url }: TestTrent, credentials: Credentials) {
  const settings = { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 }
  return { config: new ConfigServiceClient(settings), quotas: new ServiceQuotasClient(settings) }
}

test('rules and increased quotas are for those who may change them, and outlive the service', {
  timeout: 120_000,
}, async () => {
  await using first = await startTrent('serve')
  using root = clientsOf(first, first.credentials)
  const auditor = clients(
    first,
    await newUser(root.iam, 'auditor', allow('config:Describe*'), allow('servicequotas:Get*')),
  )
  const owner = clients(first, first.credentials)
  const denied = { name: 'AccessDeniedException' }
  await assert.rejects(auditor.config.send(new PutConfigRuleCommand(RULE)), denied)
  await assert.rejects(
    auditor.quotas.send(new RequestServiceQuotaIncreaseCommand({ ...ALIASES, DesiredValue: 60 })),
    denied,
  )
  await owner.config.send(new PutConfigRuleCommand(RULE))
  await owner.quotas.send(new RequestServiceQuotaIncreaseCommand({ ...ALIASES, DesiredValue: 60 }))
  assert.equal((await auditor.config.send(new DescribeConfigRulesCommand({}))).ConfigRules?.length, 1)
  await first.close()

  await using second = await startTrent('serve', { data: first.data ?? assert.fail() })
  const again = clients(second, second.credentials)
  assert.equal((await again.quotas.send(new GetServiceQuotaCommand(ALIASES))).Quota?.Value, 60)
  // What was known of a rule is gone with the process; nobody has to ask for it anew.
  await again.config.send(new PutConfigRuleCommand({ ConfigRule: { ...RULE.ConfigRule, ConfigRuleName: 'another' } }))
  for (;;) {
    const { ComplianceByConfigRules = [] } = await again.config.send(new DescribeComplianceByConfigRuleCommand({}))
    const types = ComplianceByConfigRules.map(({ Compliance }) => Compliance?.ComplianceType)
    if (types.every((type) => type === 'NON_COMPLIANT')) break
    await delay(50)
  }
})
