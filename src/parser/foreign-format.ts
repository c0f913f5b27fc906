/** Tells files of other products, and other files of this one, by the word that a line begins with. */

const formats: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'an ipsec.conf file (Libreswan, strongSwan)': ['conn', 'config', 'ca', 'include', 'version'],
    'a swanctl.conf file (strongSwan)': ['connections', 'secrets', 'pools', 'authorities', 'children'],
    'a racoon.conf file': ['remote', 'sainfo', 'path', 'listen', 'padding', 'timer', 'sainfo_anonymous'],
    'a setkey script': ['spdadd', 'spdflush', 'spddelete', 'flush', 'spdupdate'],
    'an iked.conf file (OpenBSD)': ['set', 'passive', 'active'],
    'a profile file: give it with --defaults': ['begin', 'end'],
  }).flatMap(([format, words]) => words.map((word) => [word, format] as const)),
);

/** What a line that begins with this word is probably from, as words for a message. */
export function foreignFormat(word: string): string | undefined {
  return formats.get(word.toLowerCase());
}
