import type { Service } from '../../request/operation.ts'
import {
  DescribeComplianceByResource,
  GetComplianceDetailsByConfigRule,
  GetComplianceDetailsByResource,
} from './details.ts'
import { PutConfigRule } from './PutConfigRule.ts'
import {
  DeleteConfigRule,
  DescribeComplianceByConfigRule,
  DescribeConfigRules,
  GetComplianceSummaryByConfigRule,
  StartConfigRulesEvaluation,
} from './rules.ts'

/** AWS Config, API version 2014-11-12. */
export const config: Service = {
  name: 'config',
  eventSource: 'config.amazonaws.com',
  protocol: 'json',
  targetPrefix: 'StarlingDoveService',
  operations: new Map(
    [
      DeleteConfigRule,
      DescribeComplianceByConfigRule,
      DescribeComplianceByResource,
      DescribeConfigRules,
      GetComplianceDetailsByConfigRule,
      GetComplianceDetailsByResource,
      GetComplianceSummaryByConfigRule,
      PutConfigRule,
      StartConfigRulesEvaluation,
    ].map((operation) => [operation.name, operation]),
  ),
}
