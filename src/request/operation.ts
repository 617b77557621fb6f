import type { AccountId, AliasName, PrincipalArn, Region } from '../domain/arn.ts'
import type { ErrorCode, ServiceError } from '../domain/error.ts'
import type { Grant } from '../domain/grant.ts'
import type { Key, KeyMaterial } from '../domain/key.ts'
import type { KeyUsage } from '../domain/key-spec.ts'
import type { StateRule } from '../domain/key-state.ts'
import type { CborCodec } from '../protocol/cbor.ts'
import type { Fields, Members, StructureOf } from '../protocol/shape.ts'
import type { JsonObject } from '../trail/event.ts'
import type { VerifiedCaller } from './caller.ts'
import type { CloudTrail } from './cloudtrail.ts'
import type { ComplianceWatch } from './compliance/watched.ts'
import type { Finder } from './finder.ts'
import type { ProveForwarded } from './forwarded-request.ts'
import type { EntityTarget } from './iam/entity-target.ts'
import type { Iam } from './iam/parts.ts'
import type { RoleTarget } from './iam/role-target.ts'
import type { KeyPolicies } from './key-policy.ts'
import type {
  Authorized,
  Change,
  Clock,
  Ids,
  KeyProcess,
  KeyStoreBackends,
  LastUses,
  ManagedKeys,
  Store,
  TrailSearch,
  UsableKey,
} from './ports.ts'
import type { Quotas } from './quotas.ts'
import type { AccountTarget, AliasTarget, ArnTarget, ConditionValues, KeyTarget, Target, Targets } from './targets.ts'

/** What `run` gets for a target: the proof of its decision and, for keys, the key. */
export type Granted<T extends Target> =
  T extends KeyTarget<infer Action>
    ? {
        readonly proof: Authorized<Action>
        readonly key: Key
        readonly requestAlias?: AliasName
        readonly grant?: Grant
        usable(): UsableKey<Action> | ServiceError
      }
    : T extends AliasTarget<infer Action> | AccountTarget<infer Action> | ArnTarget<infer Action>
      ? { readonly proof: Authorized<Action> }
      : T extends EntityTarget<infer Action, infer E>
        ? { readonly proof: Authorized<Action>; readonly arn: PrincipalArn; readonly entity?: E }
        : T extends RoleTarget<infer Action>
          ? T & { readonly proof: Authorized<Action> }
          : never

export type GrantedTargets<T extends Targets> = { readonly [Name in keyof T]: Granted<T[Name]> }

/** What every `run` may use; nothing in it writes. */
export type Call = Ports & {
  readonly caller: VerifiedCaller
  readonly find: Finder
}

/** What operations reach beside the call itself. */
export type Ports = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly clock: Clock
  readonly ids: Ids
  readonly policies: KeyPolicies
  readonly keyStoreBackends: KeyStoreBackends
  readonly keyUsages: LastUses
  readonly iam: Iam
  readonly searchTrail: TrailSearch
  readonly cloudTrail: CloudTrail
  readonly managedKeys: ManagedKeys
  readonly proveForwarded: ProveForwarded
  /** The account of the installation, whose principals say which services there are. */
  readonly operator: AccountId
  readonly quotas: Quotas
  readonly compliance: ComplianceWatch
  /** The emulator lets requests fix a new key's id and material. */
  readonly allowsCustomKeys: boolean
  /** Whether keys may be in that Region. */
  readonly serves: (region: Region) => boolean
}

/** What an operation did: the answer, and the changes that the pipeline commits together with the event. */
export type Outcome<Output> = {
  readonly output: Output
  readonly changes?: readonly Change[]
  readonly forget?: readonly KeyMaterial['materialId'][]
  /** What the call did in other Regions, whose readers look for it there. */
  readonly elsewhere?: readonly Elsewhere[]
  /** What the event tells beside the request and the answer: its `additionalEventData`. */
  readonly noted?: JsonObject
}

/** The event of a call in another Region than that of its endpoint. */
export type Elsewhere = {
  readonly eventName: string
  readonly key: Key
  readonly request: { readonly members: Members; readonly value: Fields }
  readonly response?: { readonly members: Members; readonly value: Fields }
}

/** How the event shows the call, where it differs from the rule (all members sent but blobs and secrets; no response). */
export type EventRule = {
  readonly request?: 'none'
  /**
   * `arn`: `{keyId: <key ARN>}`, for management operations with an empty answer; `output`: the answer itself; `output-and-arn`:
   * both.
   */
  readonly response?: 'arn' | 'output' | 'output-and-arn'
  /** Members of the request, as events spell them by the rule, that CloudTrail calls otherwise. */
  readonly renamed?: Readonly<Record<string, string>>
}

/** Price and quota class. Source: KMS request quotas. */
export type QuotaClass = 'symmetric' | 'asymmetric' | 'management'

/** One operation: everything that differs between operations. What they share is in the pipeline, once. */
export type Definition<I extends Members, O extends Members, T extends Targets> = {
  readonly name: string
  readonly input: I
  /** Absent: HTTP 200 with an empty body. */
  readonly output?: O
  /** Modelled errors, without those that every operation has. */
  readonly errors: readonly ErrorCode[]
  readonly readOnly: boolean
  /** The request proves by itself who asks: whether it is signed is not looked at. */
  readonly isUnsigned?: true
  readonly quota: QuotaClass
  readonly states: StateRule
  /** Cryptographic operations: the usage the key must have, and the algorithm it must offer. */
  readonly crypto?: { readonly usage: KeyUsage; readonly algorithm?: (input: StructureOf<I>, target: string) => string }
  readonly event?: EventRule
  /** The request as its event shows it, for operations whose events tell more than was sent. */
  readonly shown?: (input: StructureOf<I>) => Fields
  /** Which keys and other resources the call touches, in the order they are decided. */
  targets(input: StructureOf<I>, find: Finder): Promise<T | ServiceError>
  /** Condition keys that this request carries, for the target of that name. */
  readonly conditions?: (input: StructureOf<I>, target: string, targets: T) => ConditionValues
  /** A check between key state and key usage. */
  readonly compare?: (input: StructureOf<I>, targets: T) => ServiceError | undefined
  run(input: StructureOf<I>, granted: GrantedTargets<T>, call: Call): Promise<Outcome<StructureOf<O>> | ServiceError>
}

/** An operation with its types closed over, as the pipeline sees it. */
export type Operation = Definition<Members, Members, Targets>

/**
 * Declares an operation. Inside, input, targets and output are typed by the declaration; outside, the pipeline only ever
 * passes what the same declaration's shapes and targets produced, which is what makes closing over the types sound.
 */
export function operation<const I extends Members, const O extends Members, T extends Targets>(
  definition: Definition<I, O, T>,
): Operation {
  return definition as unknown as Operation
}

/** What a request speaks, and its answer with it. */
export type Protocol = 'json' | 'query' | 'cbor'

/** One AWS service: how requests name its operations, and the operations. */
export type Service = {
  /** Signing name: the service part of the credential scope. */
  readonly name: string
  readonly eventSource: string
  readonly protocol: 'json' | 'query'
  /** What precedes the operation in `X-Amz-Target`, for JSON services. */
  readonly targetPrefix?: string
  /** A shorter prefix that some SDKs send instead. */
  readonly targetAlias?: string
  /**
   * A JSON service that was a query service before: it speaks both, JSON as version 1.0, and tells clients its errors' old
   * codes. Source: Smithy, awsQueryCompatible.
   */
  readonly isQueryCompatible?: true
  /** For services that also speak Smithy's RPC v2: the reader and writer of its documents. */
  readonly cbor?: CborCodec
  /** Namespace of the answers, for query services. */
  readonly xmlNamespace?: string
  readonly operations: ReadonlyMap<string, Operation>
}
