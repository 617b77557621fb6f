/** Aliases that somebody has made; the emulator lists those of AWS's keys before there are any. */
export function ownAliases<A extends { readonly AliasName?: string | undefined }>(
  aliases: readonly A[] = [],
): readonly A[] {
  return aliases.filter(({ AliasName = '' }) => !AliasName.startsWith('alias/aws/'))
}
