/** Connections that Libreswan does not load, although every option of them is good: its versions differ in lists of networks. */
import type { Conn } from './conns.js';
import { isBefore, type Product } from './product.js';

/**
 * Why a connection is not loaded for its lists of networks; undefined where it is. Libreswan 4.6 to 4.15 makes nothing of
 * `leftsubnets` where `rightsubnet` is not written, and says nothing of it (starterwhack.c, seen with 4.10).
 */
export function whyUnloaded({ settings }: Conn, { flavour, version }: Product): string | undefined {
  if (flavour !== 'libreswan' || isBefore(version, [4, 6]) || !isBefore(version, [5, 0])) return undefined;
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
