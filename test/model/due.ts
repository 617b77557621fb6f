import { expects, isAbout } from './expectation.ts'
import { isReplica, keyIn, keysOf, living, lose, type Material, type ModelKey, type World } from './state.ts'

const DAY_MS = 86_400_000

/** What falls due, and when. */
type Due =
  | { readonly kind: 'deletion'; readonly at: number; readonly key: ModelKey }
  | { readonly kind: 'rotation'; readonly at: number; readonly key: ModelKey }
  | { readonly kind: 'expiry'; readonly at: number; readonly key: ModelKey; readonly material: Material }

function dueOf(key: ModelKey): Due[] {
  const { state, family, present } = key
  const due: Due[] = []
  if (state.name === 'PendingDeletion') due.push({ kind: 'deletion', at: state.deletionDate, key })
  if (state.name === 'Enabled' && !isReplica(key) && family.schedule)
    due.push({ kind: 'rotation', at: family.schedule.next, key })
  for (const [material, at] of present) if (at !== undefined) due.push({ kind: 'expiry', at, key, material })
  return due
}

export const allDue = (world: World): Due[] =>
  living(world)
    .flatMap(dueOf)
    .toSorted((a, b) => a.at - b.at)

/** Everything that falls due until then happens, each at its own time. */
export function passTime(world: World, until: number): void {
  for (;;) {
    const [first] = allDue(world)
    if (!first || first.at > until) return
    if (first.kind === 'deletion') remove(world, first.key, first.at)
    else if (first.kind === 'rotation') rotate(first.key, first.at)
    else lose(world, first.key, first.material)
  }
}

function remove(world: World, key: ModelKey, at: number): void {
  key.isGone = true
  key.grants = []
  world.aliases = world.aliases.filter((alias) => alias.key !== key)
  const { family } = key
  family.replicas = family.replicas.filter((region) => region !== key.region)
  const primary = keyIn(world, family, family.primary)
  if (primary?.state.name !== 'PendingReplicaDeletion' || keysOf(world, family).length > 1) return
  primary.state = { name: 'PendingDeletion', deletionDate: at + primary.state.days * DAY_MS }
}

function rotate({ family }: ModelKey, at: number): void {
  family.materials.push({ isBound: true, rotation: { type: 'AUTOMATIC', date: at } })
  if (family.schedule) family.schedule.next += family.schedule.periodDays * DAY_MS
}

/** A primary that is enabled again makes up for the rotation that it missed; what follows is counted from then. */
export async function catchUp(world: World, key: ModelKey): Promise<void> {
  const { family } = key
  const { schedule } = family
  if (isReplica(key) || !schedule || schedule.next > world.server.now()) return
  const date = world.server.now()
  family.materials.push({ isBound: true, rotation: { type: 'AUTOMATIC', date } })
  schedule.next = date + schedule.periodDays * DAY_MS
  await readSchedule(world, key)
}

/** Takes the exact dates over from Trent after a check that they are right. */
export async function readSchedule(world: World, key: ModelKey): Promise<void> {
  const { schedule } = key.family
  if (!schedule) return
  const { NextRotationDate } = await expects(world, 'GetKeyRotationStatus', { KeyId: key.arn }, key, undefined)
  schedule.next = isAbout(NextRotationDate, schedule.next, 'NextRotationDate')
}

/** A primary began to wait when its last replica was deleted, which is a moment after that was due. */
export async function readDeletionDates(world: World): Promise<void> {
  for (const key of living(world)) {
    if (key.state.name !== 'PendingDeletion') continue
    const { KeyMetadata } = await expects(world, 'DescribeKey', { KeyId: key.arn }, key, undefined)
    key.state.deletionDate = isAbout(KeyMetadata.DeletionDate, key.state.deletionDate, 'DeletionDate')
  }
}
