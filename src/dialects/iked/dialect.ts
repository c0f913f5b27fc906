/** The dialects of OpenBSD: iked.conf, and ipsec.conf of ipsecctl and isakmpd. */
import { withoutKeys } from '../common/keys.js';
import type { Dialect } from '../dialect.js';
import { detectIked, detectIpsecctl } from './detect.js';
import { editIked } from './edit.js';
import { readIpsecctl } from './ipsecctl-read.js';
import { readIked } from './read.js';

export const iked: Dialect = {
  name: 'iked',
  title: 'iked.conf (OpenIKED)',
  versions: [],
  detect: detectIked,
  read: (input) => withoutKeys(readIked(input), ['psk']),
  edit: editIked,
};

export const ipsecctl: Dialect = {
  name: 'openbsd-ipsec',
  title: 'ipsec.conf (OpenBSD)',
  versions: [],
  detect: detectIpsecctl,
  read: (input) => withoutKeys(readIpsecctl(input), ['psk', 'authkey', 'enckey']),
};
