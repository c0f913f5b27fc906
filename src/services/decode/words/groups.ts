/** Key exchange methods with their numbers, as people look for either. */
import type { KeyExchangeTransform } from '../../../model/transform.js';
import { keyExchange } from '../../../model/transform.js';

/** `MODP-2048 (14)`. */
export function groupWord({ name, id }: Pick<KeyExchangeTransform, 'name' | 'id'>): string {
  return name === 'NONE' || name.includes('(') || id === 0 ? name : `${name} (${id})`;
}

/** The same by its number. */
export function groupNumberWord(id: number): string {
  const known = keyExchange(id);
  return known ? groupWord(known) : `group ${id}`;
}
