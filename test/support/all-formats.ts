/** Every format with its reader and its writer; the program loads them when it meets their files. */
import type { Dialect } from '../../src/dialects/dialect.js';
import { records } from '../../src/dialects/hpux/dialect.js';
import { iked, ipsecctl } from '../../src/dialects/iked/dialect.js';
import { libreswan, openswan, starter } from '../../src/dialects/libreswan/dialect.js';
import { racoon, setkey } from '../../src/dialects/racoon/dialect.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { xfrm } from '../../src/dialects/xfrm/dialect.js';

/** In the order of `formatNames`. */
export const allFormats: readonly Dialect[] = [
  strongswan,
  libreswan,
  openswan,
  starter,
  racoon,
  setkey,
  iked,
  ipsecctl,
  xfrm,
  records,
];
