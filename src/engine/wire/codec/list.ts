/** Repeated structures: up to the end, as many as counted, or linked by their first octet. */
import {
  type Codec,
  closeNode,
  fail,
  fault,
  grow,
  octetsText,
  openNode,
  plural,
  type Reader,
  readField,
  type Scope,
} from './core.js';
import { u8 } from './numbers.js';

export interface ListOptions {
  /** What one item is, for messages and reports. */
  readonly each: string;
  readonly max: number;
  /** The hidden field that counts the items (see `countOf`); without it the list goes up to the end. */
  readonly count?: string;
}

/** Items up to the end of the enclosing structure, or as many as a count says. */
export function list<T>(item: Codec<T>, { each, max, count }: ListOptions): Codec<readonly T[]> {
  return {
    read(from, scope) {
      const counted = count === undefined ? undefined : (scope[count] as number);
      const items: T[] = [];
      while (counted === undefined ? from.at < from.end : items.length < counted) {
        if (items.length >= max) return fail(from, `at most ${max} ${plural(each)}`, 'more');
        const at = from.at;
        const label = from.tree ? `${each} ${items.length + 1}` : each;
        const value = readField(from, items.length, label, item, scope);
        if (value === fault) return fault;
        // An item of no octets could be repeated for ever.
        if (from.at === at) return fail(from, `${plural(each)} of at least 1 octet`, 'an empty one');
        items.push(value);
      }
      return items;
    },
    write(to, value, scope) {
      if (value.length > max) throw new RangeError(`${value.length} items where at most ${max} may be`);
      for (const each of value) item.write(to, each, scope);
    },
    show: (value) => `${value.length}`,
  };
}

/**
 * Items that begin with an octet that says whether another one follows: `more`, or 0 for the last (RFC 7296 §3.3.1,
 * §3.3.2; RFC 2408 §3.5, §3.6). The item's own codec begins behind that octet, so its length counts one octet before.
 */
export function chain<T>(
  item: Codec<T>,
  { each, max, count, more }: ListOptions & { readonly more: number },
): Codec<readonly T[]> {
  const link: Codec<number> = {
    read(inner, scope) {
      const offset = inner.at;
      const next = u8.read(inner, scope);
      if (next === fault || next === 0 || next === more) return next;
      return fail(inner, `0 (last) or ${more} (more)`, String(next), offset);
    },
    write: u8.write,
    show: (next) => (next === 0 ? 'last (0)' : `more (${next})`),
  };
  return {
    read(from, scope) {
      const items: T[] = [];
      let last = from.at === from.end;
      while (!last) {
        if (items.length >= max) return fail(from, `at most ${max} ${plural(each)}`, 'more');
        from.path.push(items.length);
        const linkAt = from.at;
        const siblings = from.tree;
        const node = siblings && openNode(from, `${each} ${items.length + 1}`);
        const value = readLinked(from, scope);
        if (node) closeNode(from, node, siblings);
        if (value === fault) return fault;
        if (node) node.text = item.show?.(value, scope) ?? '';
        items.push(value);
        last = from.octets[linkAt] === 0;
        from.path.pop();
      }
      const announced = count === undefined ? items.length : (scope[count] as number);
      if (announced !== items.length)
        return fail(from, `${announced} ${plural(each)}, as counted`, String(items.length));
      if (from.at !== from.end) return fail(from, `nothing after the last ${each}`, octetsText(from.end - from.at));
      return items;
    },
    write(to, value, scope) {
      if (value.length > max) throw new RangeError(`${value.length} items where at most ${max} may be`);
      for (let index = 0; index < value.length; index += 1) {
        const at = grow(to, 1);
        to.octets[at] = index === value.length - 1 ? 0 : more;
        item.write(to, value[index]!, scope);
      }
    },
    show: (value) => `${value.length}`,
  };

  function readLinked(from: Reader, scope: Scope): T | typeof fault {
    if (from.at === from.end) return fail(from, `another ${each}, as the one before says`, 'the end');
    const next = readField(from, 'next', 'next', link, scope);
    if (next === fault) return fault;
    return item.read(from, scope);
  }
}
