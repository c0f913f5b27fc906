/** Settings of a product that its configuration has, by the product's own names. */
import type { SystemConfig } from './system-config.js';

/** A setting of strongswan.conf that is on or off, as settings.c reads it; undefined where it is not written. */
export function isSettingOn({ productSettings }: Pick<SystemConfig, 'productSettings'>, name: string) {
  const value = productSettings?.get(name)?.value;
  return value === undefined ? undefined : /^(?:yes|true|enabled|1)$/i.test(value);
}
