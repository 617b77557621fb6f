import { optional } from '../../protocol/shape.ts'
import { onEntity } from './entity-operation.ts'
import { renamed } from './rename.ts'
import * as shapes from './shapes.ts'

/**
 * Gives a group another name or path; its members and policies stay.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html
 */
export const UpdateGroup = onEntity('group', {
  name: 'UpdateGroup',
  input: { NewPath: optional(shapes.PathType), NewGroupName: optional(shapes.GroupNameType) },
  run: (group, { NewPath, NewGroupName }, call) => renamed(group, { path: NewPath, name: NewGroupName }, call),
})
