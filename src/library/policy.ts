/** `loadPolicy` and `queryPolicy` of the library: policies of any format that the program reads, and what they do with a packet. */

import { loadFormats, parseFormat } from '../dialects/registry.js';
import type { Problem } from '../model/problem.js';
import { SourceText } from '../model/span.js';
import type { SystemConfig } from '../model/system-config.js';
import { UsageError } from '../model/tool-error.js';
import { loadSystem } from '../services/load-system.js';
import { loadRepository } from '../services/repository/load-repository.js';

export interface LoadPolicyOptions {
  /**
   * Format of the files, as `--format-in` spells it (`records`, `swanctl`, `libreswan@4.10`); detected unless told.
   */
  readonly format?: string;
  /** ipsec.config.{json,yaml}; searched for upward unless told. */
  readonly configFile?: string;
}

/** A policy that was read: what each system is configured to do, and what is wrong with the texts. */
export interface Policy {
  readonly systems: readonly PolicySystem[];
}

export interface PolicySystem {
  readonly name: string;
  /** Format that the files are in. */
  readonly format: string;
  /** In the words of RFC 4301, whatever product it was written for. */
  readonly config: SystemConfig;
  /** Faults of the texts. What could be understood is in `config`. */
  readonly problems: readonly Problem[];
}

/**
 * Reads policies from files, folders and repositories of hosts, or from a text that is given with a name. Throws UsageError
 * for paths that do not exist, formats that are not known and configurations that cannot be used; faults of policies are
 * `problems` of the result.
 */
export async function loadPolicy(
  from: string | readonly string[] | { readonly name: string; readonly text: string },
  { format, configFile }: LoadPolicyOptions = {},
): Promise<Policy> {
  if (typeof from === 'object' && 'text' in from) {
    const source = new SourceText(from.name, from.text);
    const choice = format === undefined ? undefined : await parseFormat(format);
    if (format !== undefined && choice === undefined)
      throw new UsageError(`no format is called '${format}'`, { code: 'UNKNOWN_NAME' });
    const loaded = loadSystem({
      name: from.name.replace(/\.[^.]*$/, ''),
      sources: [source],
      ...(choice === undefined ? { formats: await loadFormats([source]) } : { format: choice }),
    });
    return { systems: [systemOf(loaded)] };
  }
  const { systems } = await loadRepository({
    paths: typeof from === 'string' ? [from] : from,
    ...(format === undefined ? {} : { formatIn: format }),
    ...(configFile === undefined ? {} : { configFile }),
  });
  return { systems: systems.map(systemOf) };
}

function systemOf({ name, format, config, problems }: ReturnType<typeof loadSystem>): PolicySystem {
  return { name, format, config, problems };
}
