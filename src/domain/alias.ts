import type { AliasName } from './arn.ts'
import { error, type ServiceError } from './error.ts'

/** Source: AliasNameType of the service model. */
export const ALIAS_PATTERN = '^[a-zA-Z0-9:/_-]+$'

const PREFIX = 'alias/'
/** Aliases of keys that AWS services manage; nobody else may create, move or delete one. */
const RESERVED = 'alias/aws/'
const NAME = /^alias\/[a-zA-Z0-9/_-]+$/

/** Whether the name is one of those that no customer may give. */
export function isReservedAlias(name: string): boolean {
  return name.startsWith(RESERVED)
}

/**
 * The name of a customer's alias.
 *
 * @param name - already of the model's pattern.
 * @returns `ValidationException` without the prefix or without a name, `InvalidAliasNameException` for `alias/aws/…`.
 */
export function parseAliasName(name: string): AliasName | ServiceError {
  if (!name.startsWith(PREFIX))
    return error(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  if (isReservedAlias(name)) return error('InvalidAliasNameException')
  if (name === PREFIX) return error('ValidationException', 'Invalid identifier')
  return NAME.test(name)
    ? (name as AliasName)
    : error('ValidationException', `${name} contains invalid characters for an alias`)
}
