/** strongSwan's swanctl.conf, with the settings of strongswan.conf that matter. */
import type { SourceText } from '../../model/span.js';
import type { Dialect, Likelihood } from '../dialect.js';
import { defaultSwanVersion, swanVersions } from './defaults.js';
import { editSwan } from './edit.js';
import { readSwan } from './read.js';
import { writeSwan } from './write.js';

const fileNames = new Set(['swanctl.conf', 'strongswan.conf']);
/** A section of swanctl.conf at the beginning of a line; in the record language no line begins so. */
const section = /^[ \t]*(?:connections|secrets|pools|authorities|charon(?:-systemd)?)[ \t]*(?::[^{\n]*)?\s*\{/m;

function detect({ path, text }: SourceText): Likelihood | undefined {
  const looksSo = section.test(text.slice(0, detectedLength));
  if (fileNames.has(path.slice(path.lastIndexOf('/') + 1))) return looksSo ? 'certain' : 'likely';
  return looksSo ? 'certain' : undefined;
}

/** Characters at the beginning that are looked at. */
const detectedLength = 65_536;

export const strongswan: Dialect = {
  name: 'swanctl',
  title: 'swanctl.conf (strongSwan)',
  versions: swanVersions,
  defaultVersion: defaultSwanVersion,
  detect,
  read: readSwan,
  edit: editSwan,
  write: writeSwan,
};
