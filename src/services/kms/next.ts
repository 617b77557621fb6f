export { nextRevision } from '../../domain/next-revision.ts'
