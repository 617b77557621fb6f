import { alarmArn } from '../../domain/alarm.ts'
import type { Scope } from '../../domain/arn.ts'
import type { ArnTarget } from '../../request/targets.ts'

/** Alarms as targets, each by its ARN. Source: service authorization reference, CloudWatch. */
export function alarmTargets<A extends string>(
  action: A,
  scope: Scope,
  names: readonly string[],
): { readonly [name: string]: ArnTarget<A> } {
  return Object.fromEntries(
    [...new Set(names)].map((name, at) => [
      `alarm${at}`,
      { kind: 'arn', action, account: scope.account, arn: alarmArn(scope, name) },
    ]),
  )
}
