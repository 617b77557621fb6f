import type { Service } from '../request/operation.ts'
import { cloudtrail } from './cloudtrail/index.ts'
import { cloudwatch } from './cloudwatch/index.ts'
import { config } from './config/index.ts'
import { control } from './control/index.ts'
import { iam } from './iam/index.ts'
import { kms } from './kms/index.ts'
import { servicequotas } from './servicequotas/index.ts'
import { sts } from './sts/index.ts'

/** Every service that answers. */
export const SERVICES: readonly Service[] = [kms, iam, sts, control, cloudtrail, cloudwatch, servicequotas, config]
