/** Decimal numbers within the ranges of the language. */
import { type NumberRange, type RangeName, ranges } from '../../model/language/limits.js';
import { badValue, outOfRange, partSpan, shown, type ValueContext } from './context.js';

/** `10 to 20 seconds, or 0 (infinite)`. */
export function describeRange(range: NumberRange): string {
  const zero = range.zero ? `, or 0 (${range.zero})` : '';
  return `${range.min} to ${range.max}${range.unit ? ` ${range.unit}` : ''}${zero}`;
}

/**
 * Reads characters [from, to) of the value as a decimal number of the named range. What is no number gives undefined, what
 * is out of range is reported and gives the number all the same, so that later checks can go on.
 */
export function parseNumber(
  context: ValueContext,
  name: RangeName,
  from = 0,
  to = context.word.text.length,
): number | undefined {
  const text = context.word.text.slice(from, to);
  const range: NumberRange = ranges[name];
  if (!/^\d+$/.test(text)) {
    const at = partSpan(context, from, to);
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not a decimal number`,
      `give ${describeRange(range)}`,
    );
  }
  const value = Number(text);
  if ((value >= range.min && value <= range.max) || (value === 0 && range.zero)) return value;
  const at = partSpan(context, from, to);
  const which = range.unit ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  outOfRange(
    context,
    at,
    `${context.what}: ${shown(context, at)} is out of range for ${which}`,
    `give ${describeRange(range)}`,
  );
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}
