import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { MfaDevice } from '../../domain/iam.ts'
import { MFA_FAILURES } from '../../domain/limits.ts'
import type { VerifiedCaller } from '../caller.ts'
import { lru } from '../lru.ts'
import type { Clock, KeyProcess } from '../ports.ts'
import type { Directory, IamChange } from './directory.ts'

/** Milliseconds that a code is shown. Source: RFC 6238. */
const STEP_MS = 30_000
/** Steps before and after the present one whose codes are good as well: clocks differ. */
const STEPS_AROUND = 1

/** A code that was right, and when; `used` keeps it from being good twice. */
export type UsedCode = { readonly at: number; readonly used: IamChange }

/** Codes of MFA devices. */
export type Mfa = {
  /**
   * Checks the code of the caller's own device; nothing when the request brings neither device nor code.
   *
   * @returns `AccessDenied` in AWS's words.
   */
  check(
    caller: VerifiedCaller,
    given: { readonly serialNumber?: string | undefined; readonly code?: string | undefined },
  ): Promise<UsedCode | undefined | ServiceError>
  /** The device after two codes that follow each other; `InvalidAuthenticationCode`. */
  synchronize(device: MfaDevice, first: string, second: string): Promise<MfaDevice | ServiceError>
}

export type MfaParts = {
  readonly directory: Pick<Directory, 'findEntityById'>
  readonly hsm: Pick<KeyProcess, 'verifyMfaCode'>
  readonly clock: Clock
}

const denied = (text: string) => error('AccessDenied', `MultiFactorAuthentication failed${text}`)
const INVALID = denied(' with invalid MFA one time pass code.')
const INVALID_CODE = error('InvalidAuthenticationCode', 'Authentication code for device is not valid.')

type Failures = { readonly since: number; readonly count: number }

export function openMfa({ directory, hsm, clock }: MfaParts): Mfa {
  // Six digits are soon guessed by somebody who may try as often as there are codes.
  const failures = lru<string, Failures>(MFA_FAILURES.devices)
  const isBlocked = (serialNumber: string, now: number) => {
    const known = failures.get(serialNumber)
    return known !== undefined && known.count >= MFA_FAILURES.max && now - known.since < MFA_FAILURES.withinMs
  }
  const count = (serialNumber: string, now: number) => {
    const known = failures.get(serialNumber)
    const isRecent = known !== undefined && now - known.since < MFA_FAILURES.withinMs
    failures.set(serialNumber, isRecent ? { ...known, count: known.count + 1 } : { since: now, count: 1 })
  }
  const stepOf = async (device: MfaDevice, code: string, steps: { readonly first: number; readonly count: number }) => {
    const now = clock.now()
    if (isBlocked(device.arn, now) || steps.count < 1) return INVALID_CODE
    const wrappedSeed = Buffer.from(device.wrappedSeed, 'base64')
    const step = await hsm.verifyMfaCode({ serialNumber: device.arn, wrappedSeed }, code, steps)
    if (isError(step) && step.code === 'InvalidAuthenticationCode') count(device.arn, now)
    return step
  }
  const now = () => Math.floor(clock.now() / STEP_MS)

  return {
    async check(caller, { serialNumber, code }) {
      if (serialNumber === undefined && code === undefined) return undefined
      if (serialNumber === undefined || code === undefined)
        return denied(', must provide both MFA serial number and one time pass code.')
      const device = await directory.findEntityById(caller.scope.account, 'mfa-device', serialNumber)
      if (!device || device.owner === undefined || device.owner !== ownerOf(caller))
        return denied(
          ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
        )
      const step = await stepOf(device, code, unusedSteps(device, now()))
      if (isError(step)) return step.code === 'InvalidAuthenticationCode' ? INVALID : step
      const entity = { ...device, lastStep: step, revision: device.revision + 1 }
      return { at: clock.now(), used: { kind: 'update-entity', entity } }
    },
    async synchronize(device, first, second) {
      const one = await stepOf(device, first, { first: now() - 2 * STEPS_AROUND, count: 4 * STEPS_AROUND })
      if (isError(one)) return one
      const two = await stepOf(device, second, { first: one + 1, count: 1 })
      return isError(two) ? two : { ...device, lastStep: two, revision: device.revision + 1 }
    },
  }
}

/** The present step and those around it, without those whose codes may have been used. */
function unusedSteps({ lastStep = 0 }: MfaDevice, now: number) {
  const first = Math.max(now - STEPS_AROUND, lastStep + 1)
  return { first, count: now + STEPS_AROUND + 1 - first }
}

function ownerOf({ principal }: VerifiedCaller): string | undefined {
  return principal.type === 'user' ? principal.uniqueId : principal.type === 'root' ? principal.account : undefined
}
