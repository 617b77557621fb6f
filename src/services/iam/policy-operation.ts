import { parsePrincipalArn } from '../../domain/arn.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import { isAwsManaged, type ManagedPolicy, parsePolicyArn } from '../../domain/iam.ts'
import type { Fields, Members, StructureOf } from '../../protocol/shape.ts'
import { entityTarget } from '../../request/iam/entity-target.ts'
import { findManagedPolicy } from '../../request/iam/managed-policies.ts'
import { type Call, type Operation, type Outcome, operation } from '../../request/operation.ts'
import { type Common, parseInput, parseText, shared } from './entity-operation.ts'
import { outsideAccount } from './refusal.ts'
import * as shapes from './shapes.ts'

type Answer<O extends Members> = Outcome<StructureOf<O>> | ServiceError

type OnPolicy<I extends Members, O extends Members> = Common<I, O> & {
  run(policy: ManagedPolicy, input: StructureOf<I>, call: Call): Promise<Answer<O>> | Answer<O>
}

/**
 * Declares an operation on one managed policy that must exist: `iam:<name>` on its ARN. Those that only read are for AWS's
 * own policies too.
 */
export function onPolicy<const I extends Members, const O extends Members>(definition: OnPolicy<I, O>): Operation {
  const common = shared(definition)
  const input: Members = { PolicyArn: shapes.ArnType, ...definition.input }
  return operation({
    ...common,
    input,
    async targets(fields, find) {
      const arn = parseText(fields, 'PolicyArn')
      const policy = await findManagedPolicy(find.directory, find.scope.account, arn)
      return {
        policy: entityTarget<string, ManagedPolicy>(
          `iam:${definition.name}`,
          find.scope.account,
          policy ?? parsePrincipalArn(arn),
        ),
      }
    },
    async run(fields, { policy: { arn, entity } }, call) {
      if (!parsePolicyArn(arn)) return error('InvalidInput', `ARN ${arn} is not valid.`)
      if (!entity) return error('NoSuchEntity', `Policy ${arn} was not found.`)
      if (isAwsManaged(arn) && !common.readOnly) return outsideAccount()
      return parseAnswer(await definition.run(entity, parseInput(fields), call))
    },
  })
}

function parseAnswer<O extends Members>(answer: Answer<O>): Outcome<Fields> | ServiceError {
  return answer as Outcome<Fields> | ServiceError
}
