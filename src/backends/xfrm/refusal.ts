/** What the kernel cannot express: said before anything is touched, with the record that asks for it. */
import type { EntrySource } from '../../model/system-config.js';

export interface Refusal {
  readonly source: EntrySource;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly help: string;
}

/** `host 'vault'`. */
export function sourceName({ record: { kind, name } }: EntrySource): string {
  return `${kind} '${name}'`;
}
