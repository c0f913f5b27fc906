/** A text without the codes of its colours. */
export function withoutColours(text: string): string {
  return text.replaceAll(/\u001b\[[\d;]*m/g, '');
}
