import { randomFillSync } from 'node:crypto'
import { RANDOM_POOL_BYTES } from '../../domain/limits.ts'

/** Drawn ahead: one call to the generator costs as much for 16 KB as for 16 bytes. */
const pool = Buffer.allocUnsafeSlow(RANDOM_POOL_BYTES)
let used = pool.length

/** Fills `target`. What is handed out is wiped from the pool, so that memory read later does not tell it. */
export function fillRandom(target: Buffer): void {
  if (target.length > pool.length) {
    randomFillSync(target)
    return
  }
  if (used + target.length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const end = used + target.length
  pool.copy(target, 0, used, end)
  pool.fill(0, used, end)
  used = end
}

/** @returns `length` random bytes in memory of their own, to be wiped by the caller when they are secret. */
export function randomBytes(length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  fillRandom(bytes)
  return bytes
}
