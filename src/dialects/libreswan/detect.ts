/** Tells the products that read ipsec.conf from each other, and their files from those of OpenBSD with the same name. */
import type { SourceText } from '../../model/span.js';
import type { Likelihood } from '../dialect.js';
import { type Flavour, optionsOf } from './options.js';
import { lengthMax, mayBeIpsecConf } from './sniff.js';

const flavours: readonly Flavour[] = ['libreswan', 'openswan', 'starter'];

/** How sure is it that a text is ipsec.conf of a product? */
export function detectIpsecConf(source: SourceText, flavour: Flavour): Likelihood | undefined {
  if (!mayBeIpsecConf(source)) return undefined;
  return flavourOf(source.text.slice(0, lengthMax)) === flavour ? 'certain' : undefined;
}

/** The product that knows most of what is written; Libreswan where several do. */
export function flavourOf(text: string): Flavour {
  const keys = [...text.matchAll(/^[ \t]+([A-Za-z0-9_-]+)[ \t]*=/gm)].map((match) => match[1]!.toLowerCase());
  let best: Flavour = 'libreswan';
  let bestCount = -1;
  for (const flavour of flavours) {
    const options = optionsOf(flavour);
    const named = new RegExp(flavour === 'starter' ? 'strongswan' : flavour, 'i').test(text) ? keys.length / 4 + 1 : 0;
    const count = keys.filter((key) => isKnown(key, options)).length + named;
    if (count > bestCount) [best, bestCount] = [flavour, count];
  }
  return best;
}

function isKnown(key: string, options: ReadonlyMap<string, unknown>): boolean {
  if (options.has(`conn ${key}`) || options.has(`setup ${key}`) || options.has(`ca ${key}`)) return true;
  return ['left', 'right'].some((side) => key.startsWith(side) && options.has(`end ${key.slice(side.length)}`));
}
