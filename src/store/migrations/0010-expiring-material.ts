/** Keys whose material expires, by time: among the duties of a million rotating keys they are few. */
export function expiringMaterial(): readonly string[] {
  return ["create index duties_expiring on duties (due_at) where kind = 'expire-material'"]
}
