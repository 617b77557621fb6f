import { firstSchema } from './0001-first-schema.ts'
import { publicKeys } from './0002-public-keys.ts'
import { rotations } from './0003-rotations.ts'
import { outboxNumbers } from './0004-outbox-numbers.ts'
import { customKeyStores } from './0005-custom-key-stores.ts'
import { keyUsages } from './0006-key-usages.ts'
import { grants } from './0007-grants.ts'
import { importedMaterials } from './0008-imported-materials.ts'
import { principals } from './0009-principals.ts'
import { expiringMaterial } from './0010-expiring-material.ts'
import { forwardedRequests } from './0011-forwarded-requests.ts'
import { alarms } from './0012-alarms.ts'
import type { Dialect } from './dialect.ts'

export type Migration = {
  readonly version: number
  readonly name: string
  readonly statements: (dialect: Dialect) => readonly string[]
}

/** In order, without gaps. One that was released is never edited: a change is a new row. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'first-schema', statements: firstSchema },
  { version: 2, name: 'public-keys', statements: publicKeys },
  { version: 3, name: 'rotations', statements: rotations },
  { version: 4, name: 'outbox-numbers', statements: outboxNumbers },
  { version: 5, name: 'custom-key-stores', statements: customKeyStores },
  { version: 6, name: 'key-usages', statements: keyUsages },
  { version: 7, name: 'grants', statements: grants },
  { version: 8, name: 'imported-materials', statements: importedMaterials },
  { version: 9, name: 'principals', statements: principals },
  { version: 10, name: 'expiring-material', statements: expiringMaterial },
  { version: 11, name: 'forwarded-requests', statements: forwardedRequests },
  { version: 12, name: 'alarms', statements: alarms },
]
