/** Tells swanctl.conf by its name and its sections. */
import type { SourceText } from '../../model/span.js';
import type { Likelihood } from '../dialect.js';

const fileNames = new Set(['swanctl.conf', 'strongswan.conf']);
/** A section of swanctl.conf at the beginning of a line; in the record language no line begins so. */
const section = /^[ \t]*(?:connections|secrets|pools|authorities|charon(?:-systemd)?)[ \t]*(?::[^{\n]*)?\s*\{/m;

/** How sure is it that a text is swanctl.conf? */
export function detectSwan({ path, text }: SourceText): Likelihood | undefined {
  const looksSo = section.test(text.slice(0, detectedLength));
  if (fileNames.has(path.slice(path.lastIndexOf('/') + 1))) return looksSo ? 'certain' : 'likely';
  return looksSo ? 'certain' : undefined;
}

/** Characters at the beginning that are looked at. */
const detectedLength = 65_536;
