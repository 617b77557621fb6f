import { holds } from './condition.ts'
import { isMeant, isMeantArn, type Reading } from './text.ts'
import { type Context, type Document, listOf, type Statement, type Texts } from './world.ts'

/** What is asked of every statement. */
export type Asked = {
  /** With its service: `kms:Decrypt`. */
  readonly action: string
  readonly resource: string
  readonly context: Context
}

const NO_VARIABLES: Reading = { context: {}, live: false, blind: false }

function isAction(pattern: string, action: string): boolean {
  return isMeant(pattern.toLowerCase(), action.toLowerCase(), NO_VARIABLES, { wild: true })
}

/** An element, its negation, or neither: then nothing is covered. */
function covers(element: Texts | undefined, negation: Texts | undefined, is: (pattern: string) => boolean): boolean {
  if (element !== undefined) return listOf(element).some(is)
  return negation !== undefined && !listOf(negation).some(is)
}

/** Whether a statement is about the action, the resource and the circumstances; who asks is decided elsewhere. */
export function concerns(statement: Statement, { action, resource }: Asked, at: Reading): boolean {
  const { Action, NotAction, Resource, NotResource, Condition, Effect } = statement
  const isResource = (pattern: string) => pattern === '*' || isMeantArn(pattern, resource, at)
  return (
    covers(Action, NotAction, (pattern) => isAction(pattern, action)) &&
    covers(Resource, NotResource, isResource) &&
    holds(Condition, at, Effect)
  )
}

/** All statements of a document that concern what is asked. */
export function concerning(document: Document, asked: Asked, kind: 'key' | 'own' | 'trust'): readonly Statement[] {
  const at: Reading = { context: asked.context, live: document.Version === '2012-10-17', blind: kind === 'key' }
  return document.Statement.filter((statement) =>
    // A trust policy belongs to its role, so that it names no resource.
    concerns(kind === 'trust' ? { ...statement, Resource: '*' } : statement, asked, at),
  )
}
