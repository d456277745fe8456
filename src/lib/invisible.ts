/**
 * Replaces every code point of `text` that Unicode lets a reader not see: format characters, such as U+200B and
 * U+FEFF, what a font may leave out, such as U+FE0F, and the blank braille pattern.
 */
export function replaceInvisible(text: string, by: (character: string) => string): string {
  // Most text is ASCII: it does not pay for the second expression, which takes half a millisecond to compile.
  if (/^[\0-\x7f]*$/.test(text)) return text
  return text.replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, by)
}

/** `text` without the white space and the invisible characters at its ends. */
export function trim(text: string): string {
  const blank = replaceInvisible(text, (character) => ' '.repeat(character.length))
  return text.slice(blank.length - blank.trimStart().length, blank.trimEnd().length)
}
