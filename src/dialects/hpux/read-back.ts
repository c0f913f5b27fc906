/** Reads records as the rest of the tool does, for comparing what was written with what it was made of. */
import type { Address } from '../../model/address.js';
import { compile } from '../../model/compile/compile.js';
import type { Dialect } from '../../model/language/dialect.js';
import type { Problem } from '../../model/problem.js';
import { resolve } from '../../model/resolve.js';
import { SourceText } from '../../model/span.js';
import type { SystemConfig } from '../../model/system-config.js';
import { bindFile } from '../../parser/bind.js';
import { parseText } from '../../parser/parse.js';
import { shippedDefaults } from '../../parser/profile.js';

export interface ReadRecords {
  readonly config: SystemConfig;
  readonly problems: readonly Problem[];
}

/** Parses, binds, resolves and compiles a text. */
export function readRecords(text: string, name: string, dialect: Dialect, addresses: readonly Address[]): ReadRecords {
  const syntax = parseText(new SourceText('ipsec.batch', text));
  const defaults = shippedDefaults(dialect);
  const bound = bindFile(syntax, { dialect, defaults });
  const { policies, problems } = resolve(bound.operations, dialect, defaults.priorityStep, bound.lost);
  return {
    config: compile(policies, name, addresses),
    problems: [...syntax.problems, ...bound.problems, ...problems],
  };
}
