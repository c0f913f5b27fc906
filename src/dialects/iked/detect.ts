/** Tells the formats of OpenBSD by their rules. */
import type { SourceText } from '../../model/span.js';
import type { Likelihood } from '../dialect.js';

/** How sure is it that a text is iked.conf? Comments count too: the shipped file has nothing else. */
export function detectIked({ text, path }: SourceText): Likelihood | undefined {
  const head = text.slice(0, 65_536);
  if (/^ikev2[ \t]/m.test(head)) return 'certain';
  if (path.endsWith('iked.conf')) return 'certain';
  return /^#\s*ikev2 (?:"|esp|passive|active)/m.test(head) ? 'likely' : undefined;
}

/** How sure is it that a text is OpenBSD's ipsec.conf? */
export function detectIpsecctl({ text }: SourceText): Likelihood | undefined {
  const head = text.slice(0, 65_536);
  const rule =
    /^(?:ike[ \t]+(?:active |passive |dynamic )?(?:esp|ah|from|tunnel|transport)|flow[ \t]+(?:esp|ah|ipip|ipcomp|in|out|proto|from)|(?:esp|ah|ipcomp|ipip)[ \t]+(?:tunnel|transport|from)|tcpmd5)[ \t]/m;
  return rule.test(head) ? 'certain' : undefined;
}
