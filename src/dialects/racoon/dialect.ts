/** The dialects of ipsec-tools: racoon.conf with its policies, and scripts of setkey alone. */
import { withoutKeys } from '../common/keys.js';
import type { Dialect } from '../dialect.js';
import { detectRacoon, detectSetkey } from './detect.js';
import { editRacoon } from './edit.js';
import { readRacoon } from './read.js';
import { readSetkey } from './setkey-read.js';
import { writeSetkey } from './setkey-write.js';

/** An algorithm stands between the flag and its key. */
const setkeyKeys = ['-[AE][\\s{};,=#"]+[\\w-]+'];
const racoonKeys = ['bind_pw', 'auth[\\s{};,=#"]+[^\\s"]+"', ...setkeyKeys];

export const racoon: Dialect = {
  name: 'racoon',
  title: 'racoon.conf (ipsec-tools)',
  versions: [],
  companions: ['setkey'],
  detect: detectRacoon,
  read: (input) => withoutKeys(readRacoon(input), racoonKeys),
  edit: editRacoon,
};

export const setkey: Dialect = {
  name: 'setkey',
  title: 'setkey script (ipsec-tools, BSD)',
  versions: [],
  detect: detectSetkey,
  read: (input) => withoutKeys(readSetkey(input), setkeyKeys),
  write: writeSetkey,
};
