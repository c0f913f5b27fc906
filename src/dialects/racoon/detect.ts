/** Tells the formats of ipsec-tools by their statements. */
import type { SourceText } from '../../model/span.js';
import type { Likelihood } from '../dialect.js';

/** How sure is it that a text is racoon.conf? */
export function detectRacoon({ text, path }: SourceText): Likelihood | undefined {
  const head = text.slice(0, 65_536);
  if (/^[ \t]*(?:remote[ \t]+(?:anonymous|"[^"\n]*"|[0-9a-fA-F.:]+)[^\n;{]*|sainfo[ \t]+[^\n;{]*)\s*\{/m.test(head))
    return 'certain';
  if (/^[ \t]*path[ \t]+(?:certificate|pre_shared_key|include|script)[ \t]+"/m.test(head)) return 'certain';
  return path.endsWith('racoon.conf') ? 'likely' : undefined;
}

/** How sure is it that a text is for setkey? */
export function detectSetkey({ text }: SourceText): Likelihood | undefined {
  const head = text.slice(0, 65_536);
  if (/^[ \t]*(?:spdadd|spdupdate|spddelete)\s/m.test(head) || /^[ \t]*spdflush\s*;/m.test(head)) return 'certain';
  return /^[ \t]*(?:add\s+(?:-\S+\s+)?\S+\s+\S+\s+(?:esp|ah|ipcomp)|flush\s*(?:esp|ah)?\s*;)/m.test(head)
    ? 'likely'
    : undefined;
}
