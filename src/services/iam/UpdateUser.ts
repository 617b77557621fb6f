import { optional } from '../../protocol/shape.ts'
import { onEntity } from './entity-operation.ts'
import { renamed } from './rename.ts'
import * as shapes from './shapes.ts'

/**
 * Gives a user another name or path; who it is, its keys and its policies stay.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
 */
export const UpdateUser = onEntity('user', {
  name: 'UpdateUser',
  input: { NewPath: optional(shapes.PathType), NewUserName: optional(shapes.UserNameType) },
  run: (user, { NewPath, NewUserName }, call) => renamed(user, { path: NewPath, name: NewUserName }, call),
})
