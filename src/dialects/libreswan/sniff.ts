/** The first look at a text that may be an ipsec.conf, without the options of its products. */
import type { SourceText } from '../../model/span.js';

/** Characters that are looked at. */
export const lengthMax = 65_536;

/** Has it sections of ipsec.conf, whichever product's? */
export function mayBeIpsecConf({ text }: SourceText): boolean {
  return /^(?:config[ \t]+setup|conn[ \t]+\S+)[ \t]*(?:#.*)?$/m.test(text.slice(0, lengthMax));
}
