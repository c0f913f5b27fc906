/** strongSwan's swanctl.conf, with the settings of strongswan.conf that matter. */
import type { Dialect } from '../dialect.js';
import { defaultSwanVersion, swanVersions } from './defaults.js';
import { detectSwan } from './detect.js';
import { editSwan } from './edit.js';
import { readSwan } from './read.js';
import { writeSwan } from './write.js';

export const strongswan: Dialect = {
  name: 'swanctl',
  title: 'swanctl.conf (strongSwan)',
  versions: swanVersions,
  defaultVersion: defaultSwanVersion,
  detect: detectSwan,
  read: readSwan,
  edit: editSwan,
  write: writeSwan,
};
