import fc from 'fast-check'
import * as comparison from './comparison.ts'
import * as creation from './creation.ts'
import * as dataKeys from './data-keys.ts'
import * as encryption from './encryption.ts'
import * as grants from './grants.ts'
import * as imports from './imports.ts'
import * as keyStores from './key-stores.ts'
import * as lifecycle from './lifecycle.ts'
import * as names from './names.ts'
import * as policies from './policies.ts'
import * as regions from './regions.ts'
import * as rotation from './rotation.ts'
import * as signing from './signing.ts'
import type { Step } from './step.ts'
import * as time from './time.ts'

type Weighed = readonly [weight: number, step: fc.Arbitrary<Step>]
/** A kind of history: what it begins with, and how often each step is in it. Steps that wait for each other are together. */
type Theme = { readonly first: ReadonlyArray<fc.Arbitrary<Step>>; readonly steps: readonly Weighed[] }

const LIFECYCLE: readonly Weighed[] = [
  [3, lifecycle.enables],
  [2, lifecycle.disables],
  [2, lifecycle.schedulesDeletion],
  [2, lifecycle.cancelsDeletion],
]
const TIME: readonly Weighed[] = [
  [2, time.travels],
  [2, time.travelsToDue],
]
const READS: readonly Weighed[] = [
  [1, comparison.describes],
  [0.5, comparison.lists],
]
const ENCRYPTION: readonly Weighed[] = [
  [5, encryption.encryptsText],
  [8, encryption.decryptsText],
  [3, encryption.reEncrypts],
  [2, dataKeys.generatesDataKey],
  [1, dataKeys.generatesDataKeyPair],
]
const ROTATION: readonly Weighed[] = [
  [4, rotation.enablesRotation],
  [1, rotation.disablesRotation],
  [4, rotation.rotatesOnDemand],
  [2, rotation.readsRotation],
]
const REGIONS: readonly Weighed[] = [
  [4, regions.replicates],
  [4, regions.changesPrimary],
]
const IMPORTS: readonly Weighed[] = [
  [12, imports.importsMaterial],
  [4, imports.deletesMaterial],
  [1, imports.preparesImport],
  [4, rotation.rotatesOnDemand],
  [1, rotation.readsRotation],
]
const SIGNING: readonly Weighed[] = [
  [4, signing.signs],
  [5, signing.verifies],
  [4, signing.makesMacs],
  [5, signing.verifiesMacs],
  [3, signing.derivesSecret],
  [2, signing.getsPublicKey],
]
const NAMES: readonly Weighed[] = [
  [4, names.createsAlias],
  [4, names.updatesAlias],
  [2, names.deletesAlias],
  [2, names.describesByAlias],
  [3, names.tags],
  [2, names.untags],
  [2, names.describesAnew],
]
const GRANTS: readonly Weighed[] = [
  [6, grants.createsGrant],
  [3, grants.retiresGrant],
  [2, grants.revokesGrant],
  [6, grants.guestUses],
  [2, grants.listsGrants],
  [4, policies.putsPolicy],
  [2, policies.readsPolicy],
  [1, names.tags],
]
const KEY_STORES: readonly Weighed[] = [
  [4, keyStores.createsKeyStore],
  [2, keyStores.renamesKeyStore],
  [2, keyStores.deletesKeyStore],
  [2, keyStores.connectsKeyStore],
  [1, keyStores.usesKeyStore],
  [1, comparison.listsKeyStores],
]

const { createsKey, createsOtherKey, createsSymmetricKey, createsMultiRegionKey, createsKeyToImport } = creation

const THEMES: readonly Theme[] = [
  {
    first: [createsSymmetricKey, createsSymmetricKey],
    steps: [...ROTATION, ...ENCRYPTION, ...LIFECYCLE, ...TIME, ...TIME, ...READS],
  },
  {
    first: [createsMultiRegionKey, regions.replicates, createsMultiRegionKey, regions.replicates],
    steps: [...REGIONS, ...ROTATION, ...ENCRYPTION, ...LIFECYCLE, ...TIME, ...READS, ...SIGNING.slice(0, 2)],
  },
  {
    first: [createsKeyToImport, imports.importsMaterial],
    steps: [[1, createsKeyToImport], ...IMPORTS, ...ENCRYPTION, ...LIFECYCLE, ...TIME, ...READS],
  },
  {
    first: [createsKeyToImport, imports.importsMaterial, regions.replicates],
    steps: [...IMPORTS, ...REGIONS, ...ENCRYPTION.slice(0, 2), ...LIFECYCLE, ...TIME, ...READS],
  },
  {
    first: [createsOtherKey, createsOtherKey, createsOtherKey],
    steps: [[2, createsOtherKey], ...SIGNING, [1, dataKeys.generatesRandom], ...LIFECYCLE, ...READS, [1, time.travels]],
  },
  {
    first: [createsKey, createsKey, names.createsAlias],
    steps: [[1, createsKey], ...NAMES, ...LIFECYCLE, ...TIME, ...READS],
  },
  {
    first: [createsSymmetricKey, createsKey, grants.createsGrant],
    steps: [[1, createsKey], ...GRANTS, ...ENCRYPTION.slice(0, 2), ...LIFECYCLE, ...TIME, ...READS],
  },
]
/** Of custom key stores there is less to tell. */
const STORES: Theme = { first: [], steps: KEY_STORES }
const EVERYTHING: Theme = {
  first: [createsSymmetricKey, createsMultiRegionKey, createsKeyToImport, createsOtherKey],
  steps: [
    [4, createsKey],
    ...[ROTATION, ENCRYPTION, LIFECYCLE, TIME, READS, REGIONS, IMPORTS, SIGNING, NAMES, GRANTS, KEY_STORES].flat(),
  ],
}

/** Starting anew takes as long as a hundred calls. */
const RESTART_WEIGHT = 0.004
const LENGTH_MAX = 60

/** What a history begins with, and its further commands. */
type History = readonly [first: readonly Step[], commands: Iterable<Step>]

function historiesOf({ first, steps }: Theme): fc.Arbitrary<History> {
  const total = steps.reduce((sum, [weight]) => sum + weight, 0)
  const weighed = steps.map(([weight, arbitrary]) => ({ weight: weight * 1000, arbitrary }))
  const restart = { weight: Math.round(total * 1000 * RESTART_WEIGHT), arbitrary: time.restarts }
  const commands = fc.commands([fc.oneof(...weighed, restart)], { maxCommands: LENGTH_MAX, size: 'max' })
  return fc.tuple(fc.tuple(...first), commands)
}

/** Histories of one theme each, or of all of them at once; numbers are not the smaller the better. */
export const HISTORIES: fc.Arbitrary<History> = fc.noBias(
  fc.oneof(...[...THEMES, EVERYTHING].map((theme) => ({ weight: 4, arbitrary: historiesOf(theme) })), {
    weight: 1,
    arbitrary: historiesOf(STORES),
  }),
)
