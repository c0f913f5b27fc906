/** The dialect of `ip xfrm`: what it prints, and batches for `ip -batch`. */
import type { Dialect } from '../dialect.js';
import { detectXfrm } from './detect.js';
import { readXfrm } from './ip-read.js';
import { writeXfrm } from './ip-write.js';

export const xfrm: Dialect = {
  name: 'xfrm',
  title: 'ip xfrm (Linux)',
  versions: [],
  detect: detectXfrm,
  read: readXfrm,
  write: writeXfrm,
};
