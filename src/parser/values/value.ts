/** One dispatch from a row of the argument table to the parser of its value. */
import type { Address } from '../../model/address.js';
import type { ArgumentRow, ValueKind } from '../../model/language/arguments.js';
import { ranges } from '../../model/language/limits.js';
import type { ValueRow } from '../../model/language/values.js';
import type { PresharedKey } from '../../model/record/auth.js';
import type { AddressSpec, PolicyAction } from '../../model/record/policy.js';
import type { ManualSa } from '../../model/system-config.js';
import { parseAction } from './action.js';
import { parseAddressSpec, parseUnicast } from './addresses.js';
import { badValue, outOfRange, partSpan, shown, type ValueContext } from './context.js';
import { parseNumber } from './numbers.js';
import { parseManualKey, parsePresharedKey } from './secrets.js';
import { findWord, parseFlags, parseProtocol, parseTypes, parseWords } from './words.js';

/** What each kind of value becomes. */
export interface ValueTypes {
  addrspec: AddressSpec;
  address: Address;
  prefix: AddressSpec;
  protocol: number;
  types: readonly number[] | 'ALL';
  number: number;
  'record-name': string;
  action: PolicyAction;
  'manual-key': ManualSa;
  flags: readonly string[];
  word: string;
  words: readonly ValueRow[];
  secret: PresharedKey;
  /** Only read once its type is known; see identity.ts. */
  identity: string;
  text: string;
  switch: true;
}

const recordName = /^[A-Za-z0-9_-]+$/;

/** Can a record be called so: 1 to 63 letters, digits, hyphens and underscores (M0201 p.9)? */
export function isRecordName(text: string): boolean {
  return recordName.test(text) && text.length <= ranges.nameLength.max;
}

/** Reads a record name. */
export function parseRecordName(context: ValueContext): string | undefined {
  const { text } = context.word;
  const at = partSpan(context, 0, text.length);
  if (!recordName.test(text)) {
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not a record name`,
      'use letters, digits, hyphens and underscores',
    );
  }
  if (text.length > ranges.nameLength.max) {
    outOfRange(
      context,
      at,
      `${context.what}: a name of ${text.length} characters is too long`,
      `use at most ${ranges.nameLength.max}`,
    );
  }
  return text;
}

/** Reads a value by its row. What is wrong is reported to the context; undefined means that there is no value to go on with. */
export function parseValue<K extends ValueKind>(
  kind: K,
  row: ArgumentRow,
  context: ValueContext,
): ValueTypes[K] | undefined {
  return parseKind(kind, row, context) as ValueTypes[K] | undefined;
}

function parseKind(kind: ValueKind, row: ArgumentRow, context: ValueContext): ValueTypes[ValueKind] | undefined {
  const table = context.tables?.get(`${row.object} ${row.name}`) ?? row.values ?? [];
  switch (kind) {
    case 'addrspec':
      return parseAddressSpec(context, true);
    case 'prefix':
      return parseAddressSpec(context, false);
    case 'address':
      return parseUnicast(context);
    case 'protocol':
      return parseProtocol(context);
    case 'types':
      return parseTypes(context);
    case 'number':
      return parseNumber(context, row.range ?? 'priority');
    case 'record-name':
      return parseRecordName(context);
    case 'action':
      return parseAction(context, table);
    case 'manual-key':
      return parseManualKey(context);
    case 'flags':
      return parseFlags(context, table);
    case 'word':
      return findWord(context, table, context.word.text, partSpan(context, 0, context.word.text.length))?.word;
    case 'words':
      return parseWords(context, table);
    case 'secret':
      return parsePresharedKey(context);
    case 'identity':
    case 'text':
      return context.word.text;
    case 'switch':
      return true;
  }
}
