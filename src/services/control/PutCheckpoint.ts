import { error } from '../../domain/error.ts'
import { CHECKPOINT_MAX_CHARACTERS } from '../../domain/limits.ts'
import { text } from '../../protocol/shape.ts'
import { isCheckpoint } from '../../request/checkpoint.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'

/** Takes a checkpoint of another Trent's trail. It is kept where everything is that was called: in this one's trail. */
export const PutCheckpoint = operation({
  name: 'PutCheckpoint',
  input: { Checkpoint: text(1, CHECKPOINT_MAX_CHARACTERS) },
  output: {},
  errors: [],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('trent:PutCheckpoint') }),
  run: async ({ Checkpoint }) =>
    isCheckpoint(Checkpoint) ? { output: {} } : error('ValidationException', 'This is no checkpoint of a trail.'),
})
