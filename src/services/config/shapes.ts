import { COMPLIANCE_TYPES } from '../../compliance/verdict.ts'
import {
  boolean,
  integer,
  list,
  type Members,
  oneOf,
  optional,
  structure,
  text,
  timestamp,
} from '../../protocol/shape.ts'

/** Shapes that several operations share, named as in the service model (2014-11-12). */

export const ConfigRuleName = text(1, 128, '.*\\S.*')
export const ResourceType = text(1, 256)
export const ResourceId = text(1, 768)
export const ComplianceType = oneOf(...COMPLIANCE_TYPES)
export const ComplianceTypes = list(ComplianceType, 0, 3)
export const ConfigRuleNames = list(ConfigRuleName, 0, 25)
export const NextToken = text()
export const Time = timestamp()
export const Limit = integer(0, 100)
const Frequency = oneOf('One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours')

export const ConfigRule = structure({
  ConfigRuleName: optional(ConfigRuleName),
  ConfigRuleArn: optional(text(1, 256)),
  ConfigRuleId: optional(text(1, 64)),
  Description: optional(text(0, 256)),
  Scope: optional(
    structure({
      ComplianceResourceTypes: optional(list(ResourceType, 0, 100)),
      TagKey: optional(text(1, 128)),
      TagValue: optional(text(1, 256)),
      ComplianceResourceId: optional(ResourceId),
    }),
  ),
  Source: structure({
    Owner: oneOf('CUSTOM_LAMBDA', 'AWS', 'CUSTOM_POLICY'),
    SourceIdentifier: optional(text(1, 256)),
    SourceDetails: optional(
      list(
        structure({
          EventSource: optional(oneOf('aws.config')),
          MessageType: optional(
            oneOf(
              'ConfigurationItemChangeNotification',
              'ConfigurationSnapshotDeliveryCompleted',
              'ScheduledNotification',
              'OversizedConfigurationItemChangeNotification',
            ),
          ),
          MaximumExecutionFrequency: optional(Frequency),
        }),
        0,
        25,
      ),
    ),
  }),
  InputParameters: optional(text(1, 1024)),
  MaximumExecutionFrequency: optional(Frequency),
  ConfigRuleState: optional(oneOf('ACTIVE', 'DELETING', 'DELETING_RESULTS', 'EVALUATING')),
  CreatedBy: optional(text(1, 256)),
  EvaluationModes: optional(list(structure({ Mode: optional(oneOf('DETECTIVE', 'PROACTIVE')) }))),
})

const Count = structure({ CappedCount: optional(integer()), CapExceeded: optional(boolean()) })
export const ComplianceCount = Count
export const Compliance = structure({
  ComplianceType: optional(ComplianceType),
  ComplianceContributorCount: optional(Count),
})

/** What a rule says of one resource. */
export const EvaluationResult = structure({
  EvaluationResultIdentifier: optional(
    structure({
      EvaluationResultQualifier: optional(
        structure({
          ConfigRuleName: optional(ConfigRuleName),
          ResourceType: optional(ResourceType),
          ResourceId: optional(ResourceId),
          EvaluationMode: optional(oneOf('DETECTIVE', 'PROACTIVE')),
        }),
      ),
      OrderingTimestamp: optional(timestamp()),
    }),
  ),
  ComplianceType: optional(ComplianceType),
  ResultRecordedTime: optional(timestamp()),
  ConfigRuleInvokedTime: optional(timestamp()),
  Annotation: optional(text(1, 256)),
})

export const details = {
  EvaluationResults: optional(list(EvaluationResult)),
  NextToken: optional(NextToken),
} as const satisfies Members

/** What every operation here has. */
export const shared = { readOnly: true, quota: 'management', states: 'any' } as const
