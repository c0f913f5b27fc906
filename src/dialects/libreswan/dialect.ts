/** The dialects of ipsec.conf: Libreswan, Openswan with FreeS/WAN, and strongSwan's starter. */
import { withoutKeys } from '../common/keys.js';
import type { Dialect } from '../dialect.js';
import { detectIpsecConf } from './detect.js';
import { editConn, editStarterConn } from './edit.js';
import { libreswanDefault, libreswanVersions } from './product.js';
import { readIpsecConf } from './read.js';
import { writeLibreswan } from './write.js';

/** Keys of SAs that FreeS/WAN and Openswan take in ipsec.conf itself; whoever does not know them must not show them either. */
const writtenKeys = ['(?:left|right)?(?:espenckey|espauthkey|ahkey)'];

export const libreswan: Dialect = {
  name: 'libreswan',
  title: 'ipsec.conf (Libreswan)',
  versions: libreswanVersions,
  defaultVersion: libreswanDefault,
  detect: (source) => detectIpsecConf(source, 'libreswan'),
  read: (input) => withoutKeys(readIpsecConf(input, 'libreswan'), writtenKeys),
  edit: editConn,
  write: writeLibreswan,
};

export const openswan: Dialect = {
  name: 'openswan',
  title: 'ipsec.conf (Openswan, FreeS/WAN)',
  versions: [],
  detect: (source) => detectIpsecConf(source, 'openswan'),
  read: (input) => withoutKeys(readIpsecConf(input, 'openswan'), writtenKeys),
  edit: editConn,
};

export const starter: Dialect = {
  name: 'strongswan-starter',
  title: 'ipsec.conf (strongSwan)',
  versions: [],
  detect: (source) => detectIpsecConf(source, 'starter'),
  read: (input) => withoutKeys(readIpsecConf(input, 'starter'), writtenKeys),
  edit: editStarterConn,
};
