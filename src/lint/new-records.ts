/** Text of records that fixes add. */
import { type AddressRange, formatAddress, formatRange, rangePrefixLength } from '../model/address.js';
import type { TextEdit } from '../model/finding.js';
import { ranges } from '../model/language/limits.js';
import type { AddressSpec } from '../model/record/policy.js';
import type { PolicySet } from '../model/resolve.js';
import type { Span } from '../model/span.js';

/** Names for new host policies, each given out once. */
export interface NewNames {
  /** `base`, or with the first number that makes it a new name of at most 63 characters. */
  next(base: string): string;
}

/** Names that no host policy has. */
export function newHostNames(policies: PolicySet): NewNames {
  let taken: Set<string> | undefined;
  return {
    next(base) {
      taken ??= new Set(policies.hosts.map((record) => record.name));
      for (let number = 1; ; number += 1) {
        const suffix = number === 1 ? '' : `-${number}`;
        const name = base.slice(0, ranges.nameLength.max - suffix.length) + suffix;
        if (taken.has(name)) continue;
        taken.add(name);
        return name;
      }
    },
  };
}

/** An address argument as the language writes it: `10.1.1.1/32/500`, `10.1.1.3-10.1.1.9//500`. */
export function addressText(range: AddressRange, port?: AddressSpec['port']): string {
  const ports = port && (port.lo === port.hi ? `${port.lo}` : `${port.lo}-${port.hi}`);
  const length = rangePrefixLength(range);
  if (length === undefined) return ports ? `${formatRange(range)}//${ports}` : formatRange(range);
  const address = `${formatAddress(range.family, range.first)}/${length}`;
  return ports ? `${address}/${ports}` : address;
}

/** Adds statements behind one, each on a line of its own. */
export function statementsAfter({ source, end }: Span, statements: readonly string[]): TextEdit {
  return { at: { source, start: end, end }, newText: statements.map((statement) => `\n${statement}`).join('') };
}

/** Adds statements at the end of a file. */
export function statementsAtEnd({ source }: Span, statements: readonly string[]): TextEdit {
  const { text } = source;
  const lead = text === '' || text.endsWith('\n') ? '' : '\n';
  return { at: { source, start: text.length, end: text.length }, newText: `${lead}${statements.join('\n')}\n` };
}
