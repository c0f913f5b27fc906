/** Tells what `ip xfrm` prints and takes. */
import type { SourceText } from '../../model/span.js';
import type { Likelihood } from '../dialect.js';

/** How sure is it that a text is from or for `ip xfrm`? */
export function detectXfrm({ text }: SourceText): Likelihood | undefined {
  const head = text.slice(0, 65_536);
  if (/^src \S+ dst \S+[^\n]*(?:\n[ \t]+|\\[ \t]*)(?:dir|socket|proto) /m.test(head)) return 'certain';
  return /^(?:ip (?:-\S+ )*)?xfrm (?:policy|state) \w+/m.test(head) ? 'certain' : undefined;
}
