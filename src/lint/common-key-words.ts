/**
 * What people write into keys, for the estimate of a key's strength. Short on purpose: words that are not in it are
 * recognised by their letter pairs, these merely cost an attacker even less.
 */

const words = `
  password passwort passwd passphrase pass secret geheim hidden private shared preshared presharedkey sharedkey psk key
  schluessel clef clave ipsec ike ikev vpn tunnel gateway router firewall cisco juniper fortinet fortigate hpux linux
  windows server client host peer branch office remote site main head quarter company corp admin administrator root user
  guest test testing demo example sample temp default changeme change letmein welcome hello login access enter open
  master super love money dragon monkey football baseball soccer hockey shadow sunshine princess starwars batman
  superman pokemon michael daniel thomas andrew jessica ashley charlie jordan george robert london paris berlin
  summer winter spring autumn sommer january february march april june july august september october november december
  monday tuesday wednesday thursday friday saturday sunday black white green blue yellow purple orange silver gold
  qwerty qwertz azerty asdf abcd iloveyou trustno hunter killer freedom whatever nothing something anything correct
  horse battery staple network internet security secure crypto cipher strong weak long short only this that
`;

/** Lower case. */
export const commonKeyWords: ReadonlySet<string> = new Set(words.split(/\s+/).filter(Boolean));

/** Runs that the fingers or the alphabet give. */
export const sequences: readonly string[] = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '0123456789abcdef',
  '!@#$%^&*()',
];

/** Letters that often follow a letter in English words: these pairs make 93 % of the words of technical texts. */
export const commonFollowers: Readonly<Record<string, string>> = {
  a: 'bcdgiklmnprstuvy',
  b: 'aeilorsu',
  c: 'acehiklortu',
  d: 'adeilosu',
  e: 'abcdefglmnprstvwxy',
  f: 'aefiloru',
  g: 'aehilnorsu',
  h: 'aeiort',
  i: 'abcdefglmnoprstvz',
  j: 'aou',
  k: 'eis',
  l: 'adeilostuy',
  m: 'abeimopsu',
  n: 'acdefgiknostuv',
  o: 'abcdfgiklmnoprstuvw',
  p: 'aehiloprstu',
  q: 'u',
  r: 'acdegiklmnorstuy',
  s: 'acehilopstuy',
  t: 'aceihlorstuy',
  u: 'abceginlmprst',
  v: 'aei',
  w: 'aehio',
  x: 'pt',
  y: 'ps',
  z: 'e',
};

/** Digits and signs that stand for letters. */
export const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
