import type { KeyMetadata } from '@aws-sdk/client-kms'
import type { Column } from '../show.ts'

const date = (at: Date | undefined) => at?.toISOString()

/** What `describe` and `create` show of a key, in this order. */
export const METADATA_COLUMNS: readonly Column<KeyMetadata>[] = [
  ['Key id', (key) => key.KeyId],
  ['ARN', (key) => key.Arn],
  ['State', (key) => key.KeyState],
  ['Spec', (key) => key.KeySpec],
  ['Usage', (key) => key.KeyUsage],
  ['Description', (key) => key.Description],
  ['Created', (key) => date(key.CreationDate)],
  ['Deletion', (key) => date(key.DeletionDate)],
  ['Valid to', (key) => date(key.ValidTo)],
  ['Origin', (key) => key.Origin],
  ['Manager', (key) => key.KeyManager],
  ['Multi-Region', (key) => (key.MultiRegion ? key.MultiRegionConfiguration?.MultiRegionKeyType : undefined)],
]
