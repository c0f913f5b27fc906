/** Where the values of a flag or an argument come from, as variables that the functions of bash and zsh read. */
import type { Values } from './model.js';

/** `kind=set of=rules list=list`; `quote` makes a word of its shell. */
export function assignment(values: Values, quote: (text: string) => string): string {
  switch (values.kind) {
    case 'words':
      return `kind=words list=${quote(values.words.join(' '))}${values.orFiles ? ' orfiles=yes' : ''}`;
    case 'set':
      return `kind=set of=${values.set}${values.list ? ' list=list' : ''}`;
    case 'names':
      return `kind=names of=${values.of}${values.orFiles ? ' orfiles=yes' : ''}`;
    case 'files':
    case 'folders':
    case 'free':
      return `kind=${values.kind}`;
  }
}
