/** Connections that Libreswan does not load, although every option of them is good: its versions differ in lists of networks. */
import type { Family } from '../../model/address.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import type { ReadContext } from '../common/context.js';
import type { Conn } from './conns.js';
import { type End, settingSpan } from './ends.js';
import { isBefore, type Product } from './product.js';

/**
 * Why a connection is not loaded for its lists of networks; undefined where it is. Libreswan 4.6 to 4.15 makes nothing of
 * `leftsubnets` where `rightsubnet` is not written, and says nothing of it (starterwhack.c, seen with 4.10).
 */
export function whyUnloaded({ settings }: Conn, { flavour, version }: Product): string | undefined {
  if (!permutes(flavour, version)) return undefined;
  const has = (name: string) => settings.has(name);
  for (const [side, other] of [
    ['left', 'right'],
    ['right', 'left'],
  ] as const) {
    if (has(`${side}subnets`) && !has(`${other}subnets`) && !has(`${other}subnet`))
      return `${side}subnets= makes no connection where ${other}subnet= is not written`;
  }
  return undefined;
}

/** Versions that make a connection of each pair of networks by `starter_permutate_conns`. */
function permutes(flavour: Product['flavour'], version: Product['version']): boolean {
  return flavour === 'libreswan' && !isBefore(version, [4, 6]) && isBefore(version, [5, 0]);
}

interface EndLists {
  readonly lists: readonly (readonly TrafficSelector[])[];
  readonly end: End;
}

/**
 * Which pairs of networks are loaded, by their places. The same versions read `leftsubnets=` for the family of IKE only, and give up at
 * the first network of the other one: pairs that come before it, right before left, are there by then.
 */
export function loadedPairs(
  local: EndLists,
  remote: EndLists,
  conn: Conn,
  family: Family,
  context: ReadContext,
  { flavour, version, versionText }: Product,
): (localPlace: number, remotePlace: number) => boolean {
  if (!permutes(flavour, version)) return () => true;
  const taken = ({ lists, end }: EndLists): number => {
    const several = conn.settings.get(`${end.side}subnets`);
    if (!several) return lists.length;
    // What `leftsubnet=` says beside it comes first, and has a family of its own.
    const first = conn.settings.has(`${end.side}subnet`) ? 1 : 0;
    const at = lists.findIndex((list, place) => place >= first && list.some(({ range }) => range.family !== family));
    if (at < 0) return lists.length;
    context.partly(
      settingSpan(several),
      `Libreswan ${versionText} takes networks of IPv${family} only here, as IKE runs over it, and loads no more from the first other one on`,
      'write a connection for the other family',
    );
    return at;
  };
  const [here, there] = [taken(local), taken(remote)];
  const isLocalLeft = local.end.side === 'left';
  const rightIsWhole = isLocalLeft ? there === remote.lists.length : here === local.lists.length;
  return (x, y) => {
    if (x >= here || y >= there) return false;
    return rightIsWhole || (isLocalLeft ? x : y) === 0;
  };
}
