/** Configurations as plain data without places and origins, for comparing two that were read from different texts. */
import { Secret } from '../../src/model/secret.js';
import type { SystemConfig } from '../../src/model/system-config.js';

/** Fields that say where something was written, or how it is called in messages. */
const dropped = new Set(['origin', 'at', 'atEnd', 'notes']);

/** Plain data that `toEqual` compares; keys by their length and a mark of their octets only. */
export function plainConfig(config: SystemConfig): unknown {
  return plain({ ...config, productSettings: [...(config.productSettings ?? [])] });
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Secret) return `secret ${[...value.reveal()].join('.')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key, one]) => !dropped.has(key) && one !== undefined);
  const found = Object.fromEntries(entries);
  // A proposal's name is its text as written.
  if ('encryption' in found && 'authentication' in found) delete found.name;
  // A value with its origin is the value.
  if ('origin' in value && Object.keys(found).length === 1 && 'value' in found) return plain(found.value);
  return Object.fromEntries(Object.entries(found).map(([key, one]) => [key, plain(one)]));
}
